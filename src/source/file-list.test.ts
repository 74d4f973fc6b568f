// What a listing of a folder has in it, and what it holds meanwhile.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { SlabPool } from '../wire/slab-pool.ts';
import { createFileSource } from './file.ts';

const base = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-list-')));
after(() => rmSync(base, { recursive: true }));
const root = join(base, 'root');
for (const name of ['top', 'a/one', 'a/two', 'a/deep/er/three', 'ab/four', 'a b/ü']) {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), name);
}
mkdirSync(join(root, 'empty'));
writeFileSync(join(base, 'secret'), 'secret');
symlinkSync('../secret', join(root, 'link-out'));
symlinkSync('nowhere', join(root, 'link-broken'));
symlinkSync('a/one', join(root, 'link-inside'));
symlinkSync('..', join(root, 'a', 'circle'));

const source = createFileSource({ root, slabs: new SlabPool() });
const signal = new AbortController().signal;

async function list(bucket: string, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of source.list({ bucket, prefix, signal })) keys.push(key);
  return keys.toSorted();
}

test('every regular file is listed, and links to files below the root', async () => {
  const all = ['a b/ü', 'a/deep/er/three', 'a/one', 'a/two', 'ab/four', 'link-inside', 'top'];
  assert.deepEqual(await list('', ''), all);
});

for (const [prefix, keys] of [
  ['a', ['a b/ü', 'a/deep/er/three', 'a/one', 'a/two', 'ab/four']],
  ['a/', ['a/deep/er/three', 'a/one', 'a/two']],
  ['a/t', ['a/two']],
  ['a/deep', ['a/deep/er/three']],
  ['a/deep/er/three', ['a/deep/er/three']],
  ['a/one/', []],
  ['empty/', []],
  ['none/', []],
  ['/', []],
  ['../', []],
  ['a/../', []],
  ['..', []],
  ['a//', []],
] as const) {
  test(`the prefix ${JSON.stringify(prefix)} lists ${keys.length}`, async () => {
    assert.deepEqual(await list('', prefix), keys);
  });
}

test('a bucket is a folder, and its keys begin below it', async () => {
  assert.deepEqual(await list('a', ''), ['deep/er/three', 'one', 'two']);
  assert.deepEqual(await list('a', 'deep/'), ['deep/er/three']);
  await assert.rejects(list('none', ''), { code: 'not-found' });
});

test('each listed object can be opened as it was listed', async () => {
  for await (const { key, ...listed } of source.list({ bucket: '', prefix: '', signal })) {
    assert.deepEqual(await source.stat({ bucket: '', key }, { signal }), listed);
  }
});

test('a listing holds no descriptor between two objects', { skip: process.platform !== 'linux' }, async () => {
  const count = (): number => readdirSync('/proc/self/fd').length;
  const before = count();
  for await (const { key } of source.list({ bucket: '', prefix: '', signal })) {
    assert.equal(count(), before, `${key} holds descriptors`);
  }
  assert.equal(count(), before);
});

for (const [prefix, beginning, keys] of [
  ['', 'a/one', ['a/two', 'ab/four', 'link-inside', 'top']],
  ['a/', 'a b', ['a/deep/er/three', 'a/one', 'a/two']],
  ['a/', 'a/deep/f', ['a/one', 'a/two']],
  ['a/deep/', 'a/one', []],
  ['a/t', 'a/deep/er/three', ['a/two']],
] as const) {
  test(`after ${beginning} the prefix ${JSON.stringify(prefix)} lists ${keys.length}`, async () => {
    const listed = source.list({ bucket: '', prefix, after: beginning, signal });
    assert.deepEqual(
      (await Array.fromAsync(listed)).map(({ key }) => key),
      keys,
    );
  });
}
