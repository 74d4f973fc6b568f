// No name leads out of the root, and nothing but a regular file is ever opened.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { isSluiceError } from '../errors.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { toSegments } from './file-path.ts';
import { createFileSource } from './file.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-path-')));
after(() => rmSync(base, { recursive: true }));
const root = join(base, 'root');
mkdirSync(join(root, 'folder'), { recursive: true });
mkdirSync(join(base, 'root-beside'));
writeFileSync(join(base, 'secret'), 'secret');
writeFileSync(join(base, 'root-beside', 'secret'), 'secret');
writeFileSync(join(root, 'plain'), 'plain');
writeFileSync(join(root, 'folder', 'inner'), 'inner');

const source = createFileSource({ root, slabs: new SlabPool() });
const signal = new AbortController().signal;

function stat(key: string, bucket = ''): Promise<unknown> {
  return source.stat({ bucket, key }, { signal });
}

async function readAll(key: string): Promise<string> {
  const object = { bucket: '', key };
  const version = await source.stat(object, { signal });
  const body = source.open({ object, version, range: { start: 0, end: version.size }, signal });
  const parts: string[] = [];
  for (let chunk = await body.read(); chunk; chunk = await body.read()) {
    parts.push(Buffer.from(chunk.bytes).toString());
    chunk.release();
  }
  return parts.join('');
}

test('a key is a path below the root, or below the folder that its bucket names', async () => {
  assert.equal(await readAll('plain'), 'plain');
  assert.equal(await readAll('folder/inner'), 'inner');
  await stat('inner', 'folder');
});

for (const key of [
  '../secret',
  'folder/../../secret',
  'folder/../plain',
  './plain',
  '..',
  '.',
  '',
  '/plain',
  '//plain',
  'folder//inner',
  'plain/',
  'plain/.',
  `${base}/secret`,
  'plain\0',
  'plain\0.txt',
  '../root-beside/secret',
  'folder',
  'plain/inner',
  'x'.repeat(5000),
  `${'x/'.repeat(3000)}x`,
]) {
  test(`the key ${JSON.stringify(key.slice(0, 40))} is not-found`, async () => {
    await assert.rejects(stat(key), { code: 'not-found' });
  });
}

for (const bucket of ['..', '../root-beside', '/', '.', 'folder/..', 'folder\0']) {
  test(`the bucket ${JSON.stringify(bucket)} is not-found`, async () => {
    await assert.rejects(stat('secret', bucket), { code: 'not-found' });
    await assert.rejects(source.list({ bucket, prefix: '', signal })[Symbol.asyncIterator]().next(), {
      code: 'not-found',
    });
  });
}

test('an object has no version id', async () => {
  await assert.rejects(source.stat({ bucket: '', key: 'plain', versionId: 'v' }, { signal }), { code: 'not-found' });
});

test('whatever a name is, its segments never lead anywhere but down', () => {
  const aSegment = fc.constantFrom('..', '.', '', 'a', 'b c', '\0', '...', 'ü');
  const aName = fc.oneof(
    fc.string(),
    fc.array(aSegment).map((segments) => segments.join('/')),
  );
  fc.assert(
    fc.property(aName, (name) => {
      const segments = toSegments(name);
      if (!segments) return;
      assert.equal(segments.join('/'), name);
      const path = join('/root', ...segments);
      assert.equal(path, `/root/${name}`);
    }),
  );
});

test('a link that stays below the root is followed', async () => {
  symlinkSync('folder/inner', join(root, 'link-inside'));
  symlinkSync('folder', join(root, 'folder-link'));
  assert.equal(await readAll('link-inside'), 'inner');
  assert.equal(await readAll('folder-link/inner'), 'inner');
});

test('a link that leaves the root, at the end or on the way, is not-found', async () => {
  symlinkSync('../secret', join(root, 'link-out'));
  symlinkSync(join(base, 'root-beside'), join(root, 'folder-out'));
  symlinkSync('link-loop', join(root, 'link-loop'));
  for (const key of ['link-out', 'folder-out/secret', 'link-loop']) {
    await assert.rejects(stat(key), { code: 'not-found' });
  }
});

test('the root itself may be a link, and is followed anew each time', async () => {
  const link = join(base, 'current');
  const linked = createFileSource({ root: link, slabs: new SlabPool() });
  await assert.rejects(linked.stat({ bucket: '', key: 'plain' }, { signal }), { code: 'not-found' });
  symlinkSync('root', link);
  await linked.stat({ bucket: '', key: 'plain' }, { signal });
  symlinkSync('root-beside', `${link}.new`);
  renameSync(`${link}.new`, link);
  await linked.stat({ bucket: '', key: 'secret' }, { signal });
  await assert.rejects(linked.stat({ bucket: '', key: 'plain' }, { signal }), { code: 'not-found' });
});

test('a folder that turns into a link while a file is being opened shows nothing outside', async () => {
  const folder = join(root, 'turning');
  mkdirSync(folder);
  writeFileSync(join(folder, 'secret'), 'harmless');
  symlinkSync(join(base, 'root-beside'), join(root, 'turned'));
  // Swaps as often as it can; each read sees the file inside, or nothing.
  const stop = new AbortController();
  const swap = async (): Promise<void> => {
    for (; !stop.signal.aborted; await new Promise(setImmediate)) {
      renameSync(folder, join(root, 'aside'));
      renameSync(join(root, 'turned'), folder);
      await new Promise(setImmediate);
      renameSync(folder, join(root, 'turned'));
      renameSync(join(root, 'aside'), folder);
    }
  };
  const swapper = swap();
  try {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const read = await readAll('turning/secret').catch((error: unknown) => error);
      assert.ok(read === 'harmless' || isSluiceError(read, 'not-found', 'changed'), `it gave ${String(read)}`);
    }
  } finally {
    stop.abort();
    await swapper;
  }
});

test('a FIFO, a socket and a device are not-found, at once', { skip: process.platform === 'win32' }, async (t) => {
  execFileSync('mkfifo', [join(root, 'fifo')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, 'socket'), resolve));
  t.after(() => server.close());
  symlinkSync('/dev/zero', join(root, 'zero'));
  for (const key of ['fifo', 'socket', 'zero']) await assert.rejects(stat(key), { code: 'not-found' });
});
