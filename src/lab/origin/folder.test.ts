import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { openFolder } from './folder.ts';
import type { Folder } from './folder.ts';
import { startOrigin } from './origin.ts';
import { ask } from './test-client.ts';

let outside: string;
let root: string;
let folder: Folder;

before(async () => {
  outside = await mkdtemp(join(tmpdir(), 'sluice-origin-'));
  root = join(outside, 'root');
  await mkdir(join(root, 'sub dir'), { recursive: true });
  await writeFile(join(outside, 'secret'), 'secret');
  await writeFile(join(root, 'a.txt'), 'hello');
  await writeFile(join(root, 'sub dir', 'ä.json'), '{}');
  await symlink(join(outside, 'secret'), join(root, 'link-out'));
  await symlink(join(root, 'a.txt'), join(root, 'link-in'));
  folder = await openFolder(root);
});

after(() => rm(outside, { recursive: true }));

describe('a folder', () => {
  it('has its files as objects', async () => {
    const object = await folder.get('sub dir/ä.json');
    assert.deepEqual([object?.size, object?.mediaType], [2, 'application/json']);
    assert.match(object?.etag ?? '', /^"[0-9a-f]{32}"$/);
    assert.equal((await folder.get('a.txt'))?.mediaType, 'text/plain');
    assert.equal((await folder.get('link-in'))?.size, 5);
    const keys = (await folder.list()).map(({ key }) => key);
    assert.deepEqual(keys.toSorted(), ['a.txt', 'sub dir/ä.json']);
  });

  it('has nothing from outside, and nothing that is no file', async () => {
    const keys = [
      '../secret',
      'sub dir/../../secret',
      'link-out',
      'sub dir',
      'nothing',
      'a.txt/b',
      'a.txt\0',
      '/a.txt',
      './a.txt',
      '',
    ];
    for (const key of keys) assert.equal(await folder.get(key), undefined, key);
  });

  it('has another version of a file that was written anew', async () => {
    const path = join(root, 'changing');
    await writeFile(path, 'first');
    const first = await folder.get('changing');
    await writeFile(path, 'second version');
    const second = await folder.get('changing');
    assert.notEqual(first?.etag, second?.etag);
    await assert.rejects(async () => first?.open(), { code: 'InternalError' });
    const reader = await second?.open();
    await truncate(path, 3);
    assert.equal(await reader?.read(new Uint8Array(14), 0), false);
    reader?.close();
    await rm(path);
  });

  it('is served beside synthetic objects, which come first', async () => {
    const origin = await startOrigin({
      credentials: undefined,
      buckets: {
        lab: {
          folder: root,
          objects: [
            { key: 'a.txt', size: 9 },
            { key: 'z', size: 1 },
          ],
        },
      },
    });
    const get = (path: string, headers = {}): ReturnType<typeof ask> => ask({ url: origin.url, path, headers });
    assert.equal((await get('/lab/a.txt')).body.length, 9);
    assert.equal((await get('/lab/sub%20dir/%C3%A4.json')).body.toString(), '{}');
    assert.equal((await get('/lab/link-in', { range: 'bytes=1-3' })).body.toString(), 'ell');
    assert.equal((await get('/lab/../secret')).status, 404);
    const listed = (await get('/lab?list-type=2')).body.toString();
    assert.deepEqual(
      [...listed.matchAll(/<Key>([^<]*)</g)].map(([, key]) => key),
      ['a.txt', 'sub dir/ä.json', 'z'],
    );
    await origin.close();
  });
});
