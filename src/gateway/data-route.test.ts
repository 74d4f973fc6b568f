// One request for an object along its way: access, catalog, transfer, ledger; and what each of them can put in its way.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SluiceError } from '../errors.ts';
import { GUARDED, untilTrue } from '../flow/http-trial.test-double.ts';
import { OBJECT_BYTES, startGateway } from './gateway-trial.test-double.ts';

describe('the data route', GUARDED, () => {
  it('serves an object, and enters it into the ledger', async (t) => {
    const { connect, nextEntry, catalog, gateway } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/object?query', { fields: ['Range: bytes=10-19'] });
    const { status, fields, content } = await peer.answer();
    assert.equal(status, 206);
    assert.ok(content.equals(OBJECT_BYTES.subarray(10, 20)));
    assert.equal(fields['content-disposition'], 'attachment; filename="object.bin"');
    assert.equal(fields['access-control-allow-origin'], '*');
    const { startedAt, durationMs, deliveredBy, ...entry } = await nextEntry();
    assert.deepEqual(entry, {
      principal: 'anonymous',
      credential: undefined,
      collection: 'default',
      id: 'object',
      method: 'GET',
      remoteAddress: '127.0.0.1',
      status: 206,
      ranges: [{ start: 10, end: 20 }],
      deliveredBytes: 10,
      receivedBytes: 10,
      overReadBytes: 0,
      resumedCount: 0,
      outcome: 'complete',
      error: undefined,
    });
    assert.ok(startedAt instanceof Date && durationMs >= 0);
    assert.match(deliveredBy, /^(?:acknowledged|accepted)$/);
    assert.deepEqual([catalog.asked, gateway.transferCount], [['object'], 0]);
  });

  it('enters who it was and from where also when the client has gone', async (t) => {
    const { connect, source, nextEntry } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/scripted');
    await source.nextBody();
    peer.socket.resetAndDestroy();
    const { outcome, principal, remoteAddress, status, error } = await nextEntry();
    assert.deepEqual([outcome, principal, remoteAddress], ['client-gone', 'anonymous', '127.0.0.1']);
    assert.deepEqual([status, error], [undefined, 'closed']);
  });

  for (const [path, status] of [
    ['/data/unknown', 404],
    ['/data/', 400],
    ['/data/../object', 400],
    ['/data/a%00b', 400],
    ['/data/%ff', 400],
    [`/data/${'a'.repeat(10_240)}`, 400],
  ] as const) {
    it(`answers ${path.slice(0, 20)} with ${status}, and tells the operator nothing`, async (t) => {
      const { connect, log, ledger } = await startGateway(t);
      const peer = await connect();
      peer.ask(path);
      const { status: answered, fields } = await peer.answer();
      assert.deepEqual([answered, fields['access-control-allow-origin']], [status, '*']);
      assert.deepEqual([log, ledger.entries], [[], []]);
      peer.ask('/data/object');
      assert.equal((await peer.answer()).status, 200, 'the connection is as good as before');
    });
  }

  it('tells the operator of a store that is not configured, and the client nothing of it', async (t) => {
    const { connect, log } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/lost');
    const { status, content } = await peer.answer();
    assert.equal(status, 500);
    assert.doesNotMatch(String(content), /nowhere/);
    assert.deepEqual(
      log.map(({ err }) => err.code),
      ['bad-config'],
    );
  });

  it('tells the operator of a catalog that fails, which is never the fault of who asked', async (t) => {
    const { connect, catalog, log } = await startGateway(t);
    const peer = await connect();
    for (const cause of [new SluiceError('bad-input', 'the database is damaged'), new TypeError('oops')]) {
      catalog.answer = () => Promise.reject(cause);
      peer.ask('/data/object');
      assert.equal((await peer.answer()).status, 500);
      assert.deepEqual([log.at(-1)?.err.code, log.at(-1)?.err.cause], ['misuse', cause]);
    }
    catalog.answer = () => Promise.reject(new SluiceError('overloaded', 'the database is locked'));
    peer.ask('/data/object');
    const { status, fields } = await peer.answer();
    assert.deepEqual([status, fields['retry-after']], [503, '2']);
  });

  it('tells the operator of a source that fails, and the ledger why', async (t) => {
    const { connect, source, log, nextEntry } = await startGateway(t);
    const peer = await connect();
    peer.ask('/data/scripted');
    const failure = new SluiceError('origin-denied', 'SECRET');
    (await source.nextBody()).fail(failure);
    assert.equal((await peer.answer()).status, 502);
    assert.deepEqual(log, [{ err: failure, id: 'scripted' }]);
    const { outcome, error, status } = await nextEntry();
    assert.deepEqual([outcome, error, status], ['source-failed', 'origin-denied', 502]);
  });

  it('asks for nothing more when the client leaves while the catalog is asked', async (t) => {
    const { connect, catalog, source, gateway } = await startGateway(t);
    const looked = Promise.withResolvers<undefined>();
    catalog.answer = () => looked.promise;
    const peer = await connect();
    peer.ask('/data/scripted');
    await untilTrue('the catalog to be asked', () => catalog.asked.length === 1);
    assert.equal(gateway.transferCount, 1);
    peer.socket.resetAndDestroy();
    await untilTrue('the connection to be closed', () => peer.socket.closed);
    looked.resolve(undefined);
    await untilTrue('the transfer to end', () => gateway.transferCount === 0);
    assert.equal(source.bodies.length, 0);
  });

  it('refuses more transfers than its limit, and takes them again afterwards', async (t) => {
    const { connect, source, gateway, log } = await startGateway(t, { maxTransfers: 1 });
    const [one, two] = [await connect(), await connect()];
    one.ask('/data/scripted');
    const body = await source.nextBody();
    two.ask('/data/object');
    const { status, fields } = await two.answer();
    assert.deepEqual([status, fields['retry-after'], log.length], [503, '2', 0]);
    one.socket.destroy();
    await body.untilClosed();
    await untilTrue('the transfer to end', () => gateway.transferCount === 0);
    two.ask('/data/object');
    assert.equal((await two.answer()).status, 200);
  });

  it('survives a ledger that throws', async (t) => {
    const open = () => {
      throw new Error('the books are full');
    };
    const { connect, gateway, log } = await startGateway(t, { ledger: { open } });
    const peer = await connect();
    peer.ask('/data/object');
    assert.equal((await peer.answer()).status, 500, 'nothing leaves without its row');
    await untilTrue('the log', () => log.length === 1);
    assert.equal(gateway.transferCount, 0);
    peer.ask('/data/object');
    assert.equal((await peer.answer()).status, 500);
  });
});
