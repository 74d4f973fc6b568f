// What happens to a body when its file changes under it, and when the kernel takes its time.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, open, openSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { renameSync, rmSync, truncateSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { isSluiceError } from '../errors.ts';
import { patternBytes } from '../testing/pattern.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { createFileSource } from './file.ts';
import type { Body } from './source.ts';

const SIZE_BYTES = 2 << 20;
const root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-body-')));
after(() => rmSync(root, { recursive: true }));
const path = join(root, 'key');
const object = { bucket: '', key: 'key' };
const slabs = new SlabPool();
const source = createFileSource({ root, slabs });

beforeEach(() => writeFileSync(path, patternBytes({ start: 0, end: SIZE_BYTES })));

async function openBody(signal = new AbortController().signal): Promise<Body> {
  const version = await source.stat(object, { signal });
  return source.open({ object, version, range: { start: 0, end: SIZE_BYTES }, signal });
}

/** Reads, compares and releases one chunk; returns how many bytes it had. */
async function readAt(body: Body, position: number): Promise<number> {
  const chunk = await body.read();
  if (!chunk) return 0;
  const end = position + chunk.bytes.length;
  assert.equal(Buffer.compare(chunk.bytes, patternBytes({ start: position, end })), 0, `wrong bytes at ${position}`);
  chunk.release();
  return chunk.bytes.length;
}

async function readRest(body: Body, from: number): Promise<number> {
  let position = from;
  for (let bytes = -1; bytes !== 0; position += bytes) bytes = await readAt(body, position);
  return position;
}

const CHANGES = [
  {
    what: 'is written to in place',
    change: () => writeFileSync(path, patternBytes({ start: 0, end: SIZE_BYTES }, 1), { flag: 'r+' }),
  },
  { what: 'is truncated', change: () => truncateSync(path, 1000) },
  {
    what: 'is emptied and written anew',
    change: () => writeFileSync(path, patternBytes({ start: 0, end: SIZE_BYTES }, 1)),
  },
  { what: 'grows', change: () => writeFileSync(path, 'more', { flag: 'a' }) },
  {
    what: 'is written to, and its time set back',
    change: () => {
      const before = new Date(2000, 1, 1);
      utimesSync(path, before, before);
    },
  },
];

for (const { what, change } of CHANGES) {
  test(`a file that ${what} while it is read is changed, and gives no other byte`, async () => {
    const body = await openBody();
    const first = await readAt(body, 0);
    change();
    await assert.rejects(readRest(body, first), { code: 'changed' });
    assert.equal(slabs.takenCount, 0);
  });

  test(`a file that ${what} before it is opened is changed`, async () => {
    const version = await source.stat(object, { signal: new AbortController().signal });
    change();
    const range = { start: 0, end: SIZE_BYTES };
    const body = source.open({ object, version, range, signal: new AbortController().signal });
    await assert.rejects(body.opened, { code: 'changed' });
  });
}

for (const { what, change } of [
  { what: 'replaced by name', change: () => (writeFileSync(`${path}.new`, 'new'), renameSync(`${path}.new`, path)) },
  { what: 'removed', change: () => unlinkSync(path) },
]) {
  test(`a file that is ${what} while it is read goes on to its end, in its old version`, async () => {
    const body = await openBody();
    const first = await readAt(body, 0);
    change();
    assert.equal(await readRest(body, first), SIZE_BYTES);
  });
}

test('a write at any moment of a read never gives a byte of the other version', async () => {
  for (let round = 0; round < 50; round += 1) {
    writeFileSync(path, patternBytes({ start: 0, end: SIZE_BYTES }));
    const body = await openBody();
    const outcome = readRest(body, 0).catch((error: unknown) => error);
    for (let turn = 0; turn < round; turn += 1) await new Promise(setImmediate);
    CHANGES[round % 3]!.change();
    const result = await outcome;
    assert.ok(result === SIZE_BYTES || isSluiceError(result, 'changed'), String(result));
  }
});

let fifos = 0;

/** Occupies every thread that the runtime has for files, as a file system that hangs does. Returns what frees them. */
async function hangFileSystem(): Promise<() => void> {
  fifos += 1;
  const fifo = join(root, `fifo-${fifos}`);
  execFileSync('mkfifo', [fifo]);
  // The runtime has four such threads by default (UV_THREADPOOL_SIZE). Opening a FIFO waits for its other end.
  const opened = Array.from({ length: 4 }, () => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    open(fifo, 'r', (error, descriptor) => (error ? reject(error) : resolve(descriptor)));
    return promise;
  });
  return () => {
    const otherEnd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    // A thread that was still at something else opens it only now: the other end stays until all have.
    void Promise.all(opened).then((descriptors) => {
      unlinkSync(fifo);
      for (const each of [otherEnd, ...descriptors]) closeSync(each);
    });
  };
}

function isFileOpen(): boolean {
  return readdirSync('/proc/self/fd').some((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`) === path;
    } catch {
      return false;
    }
  });
}

test(
  'a close while a read hangs in the kernel rejects at once; the slab and the descriptor follow when the kernel is done',
  { skip: process.platform !== 'linux' },
  async () => {
    const body = await openBody();
    const first = await readAt(body, 0);
    const free = await hangFileSystem();
    try {
      const pending = assert.rejects(body.read(), { code: 'closed' });
      await new Promise(setImmediate);
      body.close();
      await pending;
      assert.equal(body.receivedBytes, first);
      assert.equal(slabs.takenCount, 1, 'the kernel may still write to the slab');
      assert.ok(isFileOpen());
    } finally {
      free();
    }
    while (slabs.takenCount > 0 || isFileOpen()) await new Promise(setImmediate);
    assert.equal(body.receivedBytes, first);
  },
);

test(
  'a close while opening hangs in the kernel rejects at once, and nothing stays open',
  { skip: process.platform !== 'linux' },
  async () => {
    const controller = new AbortController();
    const version = await source.stat(object, { signal: controller.signal });
    const free = await hangFileSystem();
    try {
      const stat = assert.rejects(source.stat(object, { signal: controller.signal }), { code: 'closed' });
      const body = source.open({ object, version, range: { start: 0, end: 5 }, signal: controller.signal });
      const opened = assert.rejects(body.opened, { code: 'closed' });
      await new Promise(setImmediate);
      controller.abort();
      await Promise.all([stat, opened]);
    } finally {
      free();
    }
    const other = await openBody();
    assert.equal(await readRest(other, 0), SIZE_BYTES);
    while (isFileOpen()) await new Promise(setImmediate);
  },
);
