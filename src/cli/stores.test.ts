import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { loadConfig } from './config.ts';
import { openStores } from './stores.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-stores-'));
});
after(() => rm(folder, { recursive: true }));

it('opens each store of the configuration under its name, and logs its place but no secret', async () => {
  const path = join(folder, 'sluice.yaml');
  const keys = 'credentials: { accessKeyId: id, secretAccessKey: hush }';
  await writeFile(
    path,
    `stores:\n  disk: { type: file, root: . }\n  s3: { type: s3, region: r, endpoint: 'http://127.0.0.1:1', ${keys} }\n`,
  );
  await writeFile(join(folder, 'a.txt'), 'hello');
  const logged: unknown[] = [];
  const keep = (...told: unknown[]) => logged.push(told);
  const stores = openStores(await loadConfig(path), { log: { debug: keep, warn: keep } });
  assert.deepEqual([...stores.keys()], ['disk', 's3']);
  const { signal } = new AbortController();
  assert.equal((await stores.get('disk')!.stat({ bucket: '', key: 'a.txt' }, { signal })).size, 5);
  for (const store of stores.values()) store.close();
  const text = JSON.stringify(logged);
  assert.ok(text.includes(folder) && text.includes('http://127.0.0.1:1') && !text.includes('hush'));
});
