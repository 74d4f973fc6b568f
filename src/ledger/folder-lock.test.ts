import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { LOCK_NAME, lockFolder } from './folder-lock.ts';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
});

after(async () => {
  await rm(folder, { recursive: true });
});

async function makeFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  return path;
}

test('a folder has one owner at a time', async () => {
  const path = await makeFolder('one');
  const lock = lockFolder(path, 'own');
  assert.ok(lock);
  assert.equal(lockFolder(path, 'own'), undefined);
  assert.equal(lockFolder(path, 'left'), undefined);
  lock.release();
  const next = lockFolder(path, 'left');
  assert.ok(next);
  next.release();
});

test('only an owner makes the lock', async () => {
  assert.equal(lockFolder(await makeFolder('nobody'), 'left'), undefined);
  assert.equal(lockFolder(join(folder, 'not-there'), 'left'), undefined);
  assert.equal(lockFolder(join(folder, 'not-there'), 'own'), undefined);
});

test('a lock on a file that was removed is none', async () => {
  const path = await makeFolder('removed');
  const lock = lockFolder(path, 'own');
  assert.ok(lock);
  // Whoever opened the file before it was removed gets a lock on what is no longer there.
  await rm(join(path, LOCK_NAME));
  lock.release();
  assert.equal(lockFolder(path, 'left'), undefined);
});

test('a process that is killed lets go of its folder', async () => {
  const path = await makeFolder('killed');
  const module = new URL('./folder-lock.ts', import.meta.url).href;
  const code = `
    import { lockFolder } from ${JSON.stringify(module)};
    globalThis.lock = lockFolder(process.argv[1], 'own');
    setInterval(() => {}, 60_000);
    process.stdout.write('locked');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  assert.equal(lockFolder(path, 'left'), undefined);
  child.kill('SIGKILL');
  await exit;
  const lock = lockFolder(path, 'left');
  assert.ok(lock);
  lock.release();
});
