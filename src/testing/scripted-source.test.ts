// What a test can script, and what it sees of the reader. That a scripted body keeps the contract for its reader is
// shown by the suite, over the model store that is made of scripted bodies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SluiceError } from '../errors.ts';
import { ScriptedSource } from './scripted-source.ts';

const object = { bucket: 'b', key: 'k' };
const version = { size: 10, etag: '"e"' };
const range = { start: 0, end: 10 };

function scripted(): { source: ScriptedSource; controller: AbortController } {
  return { source: new ScriptedSource(), controller: new AbortController() };
}

test('a test confirms, gives and ends; the reader gets it in that order', async () => {
  const { source, controller } = scripted();
  const opening = source.nextBody();
  const body = source.open({ object, version, range, signal: controller.signal });
  assert.equal(await opening, body);
  const read = body.read();
  await body.untilRead();
  assert.ok(body.isReadPending);
  body.give(Buffer.from('01234'));
  assert.ok(body.isReadPending, 'nothing is read before the body is confirmed');
  body.confirm();
  const chunk = await read;
  assert.equal(Buffer.from(chunk!.bytes).toString(), '01234');
  assert.equal(body.receivedBytes, 5);
  body.give(Buffer.from('56789'));
  body.end();
  assert.equal(body.queuedChunks, 1);
  (await body.read())!.release();
  assert.equal(await body.read(), undefined);
  assert.equal(source.unreleasedChunks, 1);
  chunk!.release();
  assert.equal(source.unreleasedChunks, 0);
});

test('what was given before a failure is read before it', async () => {
  const { source, controller } = scripted();
  const body = source.open({ object, version, range, signal: controller.signal });
  const failure = new SluiceError('truncated', 'it was cut');
  body.confirm();
  body.give(Buffer.from('01234'));
  body.fail(failure);
  (await body.read())!.release();
  await assert.rejects(body.read(), failure);
  assert.throws(() => body.give(Buffer.from('5')), /over/);
});

test('a test sees who has closed, and awaits it', async () => {
  const { source, controller } = scripted();
  const signal = controller.signal;
  const [first, second] = [1, 2].map(() => source.open({ object, version, range, signal }));
  const closed = first!.untilClosed();
  first!.close();
  await closed;
  assert.equal(first!.closedBy, 'close()');
  controller.abort();
  await second!.untilClosed();
  assert.equal(second!.closedBy, 'the signal');
  assert.equal(await source.nextBody(), first);
  assert.equal(await source.nextBody(), second);
});

test('released memory is overwritten, and a second release throws', async () => {
  const { source, controller } = scripted();
  const body = source.open({ object, version, range, signal: controller.signal });
  body.confirm();
  body.give(Buffer.from('01234'));
  const chunk = (await body.read())!;
  chunk.release();
  assert.notEqual(Buffer.from(chunk.bytes).toString(), '01234');
  assert.throws(() => chunk.release(), /twice/);
  body.close();
});

test('stat() and list() tell what they were told, when they are told', async () => {
  const { source, controller } = scripted();
  const { signal } = controller;
  const later = Promise.withResolvers<{ size: number; etag: string }>();
  source.know(object, later.promise);
  source.know({ bucket: 'b', key: 'other' }, version);
  source.know({ bucket: 'c', key: 'k' }, version);
  const stat = source.stat(object, { signal });
  later.resolve(version);
  assert.deepEqual(await stat, version);
  const keys: string[] = [];
  for await (const { key } of source.list({ bucket: 'b', prefix: '', signal })) keys.push(key);
  assert.deepEqual(keys, ['k', 'other']);
  await assert.rejects(source.stat({ bucket: 'b', key: 'none' }, { signal }), { code: 'not-found' });
});

test('a stat() that is not answered is closed by its signal', async () => {
  const { source, controller } = scripted();
  source.know(object, new Promise(() => {}));
  const stat = assert.rejects(source.stat(object, { signal: controller.signal }), { code: 'closed' });
  controller.abort();
  await stat;
  await assert.rejects(source.stat(object, { signal: controller.signal }), { code: 'closed' });
});

test('it is told when it is closed', () => {
  const { source } = scripted();
  source.close();
  assert.ok(source.isClosed);
});
