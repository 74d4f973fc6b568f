// The owner of a descriptor closes it once, at once or when the kernel is done with it, and never uses it afterwards.
import assert from 'node:assert/strict';
import { fstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OpenFile } from './open-file.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-open-'));
after(() => rmSync(root, { recursive: true }));
const path = join(root, 'file');
writeFileSync(path, 'content');

test('an idle file is closed in the turn of the close, and only once', async () => {
  const file = await OpenFile.open(path);
  file.close();
  assert.throws(() => fstatSync(file.descriptor), { code: 'EBADF' });
  file.close();
  await assert.rejects(file.stat(), /after it was closed/);
});

test('a file that is being read is closed when the read ends, and the read still gives its bytes', async () => {
  const file = await OpenFile.open(path);
  const buffer = Buffer.alloc(4);
  const read = file.read(buffer, { length: 4, position: 3 });
  const stat = file.stat();
  file.close();
  fstatSync(file.descriptor);
  assert.equal(await read, 4);
  assert.equal((await stat).size, 7n);
  assert.equal(buffer.toString(), 'tent');
  assert.throws(() => fstatSync(file.descriptor), { code: 'EBADF' });
});

test('what cannot be opened rejects with the error of the system', async () => {
  await assert.rejects(OpenFile.open(join(root, 'none')), { code: 'ENOENT' });
});
