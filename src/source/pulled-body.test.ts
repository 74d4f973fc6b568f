// What a pulled body asks of the store below it. What it promises to its reader is shown by the contract suite over the
// memory and file sources.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPulledBody, type Puller } from './pulled-body.ts';
import type { Chunk } from './source.ts';

/** A store that writes down what it was asked, and gives one byte at a time when it is told to. */
function createPuller(): Puller & { readonly calls: string[]; give(): Promise<void>; released: number } {
  let pulled = Promise.withResolvers<Chunk>();
  const puller = {
    calls: [] as string[],
    released: 0,
    async open() {
      puller.calls.push('open');
    },
    pull() {
      puller.calls.push('pull');
      return pulled.promise;
    },
    close: () => void puller.calls.push('close'),
    async give() {
      // A read asks in a later turn of its promises, when it has seen that the body is open.
      await new Promise(setImmediate);
      const { resolve } = pulled;
      pulled = Promise.withResolvers();
      resolve({ bytes: new Uint8Array(1), release: () => void (puller.released += 1) });
      await new Promise(setImmediate);
    },
  };
  return puller;
}

const range = { start: 5, end: 7 };

test('it opens at once, pulls only when it is read, and lets go once at the end', async () => {
  const puller = createPuller();
  const body = openPulledBody(puller, { range, signal: new AbortController().signal });
  await body.opened;
  assert.deepEqual(puller.calls, ['open']);
  for (let byte = 0; byte < 2; byte += 1) {
    const read = body.read();
    await puller.give();
    (await read)!.release();
  }
  assert.equal(await body.read(), undefined);
  body.close();
  assert.equal(await body.read(), undefined);
  assert.deepEqual(puller.calls, ['open', 'pull', 'pull', 'close']);
});

test('bytes that come after the close are released by the body, and do not count', async () => {
  const puller = createPuller();
  const body = openPulledBody(puller, { range, signal: new AbortController().signal });
  await body.opened;
  const read = assert.rejects(body.read(), { code: 'closed' });
  await new Promise(setImmediate);
  body.close();
  await read;
  await puller.give();
  assert.equal(puller.released, 1);
  assert.equal(body.receivedBytes, 0);
  assert.deepEqual(puller.calls, ['open', 'pull', 'close']);
});

test('a signal that was aborted before is not even opened', async () => {
  const puller = createPuller();
  const body = openPulledBody(puller, { range, signal: AbortSignal.abort() });
  await assert.rejects(body.read(), { code: 'closed' });
  assert.deepEqual(puller.calls, ['close']);
});
