// SIGTERM to a gateway in a process of its own: no new connection, time for what is under way, then an honest end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openLeavingClient } from './leaving-client.ts';
import { openRawClient } from './raw-client.ts';
import { BIG, startWorld, untilRefused, within } from './world.ts';
import type { World } from './world.ts';

/** More than the kernel's buffers hold, so that a client that does not read keeps its transfer under way. */
const MEDIUM = { id: 'medium', size: 64 * 2 ** 20, seed: 3 };
const SMALL = { id: 'small', size: 1_000, seed: 4 };

/** Far above what is done at once, far below the grace of 30 s that transfers have by default. */
const AT_ONCE_MS = 5_000;

describe('a gateway that is asked to stop', () => {
  it('lets a transfer finish within the grace, and takes no new connection', async () => {
    const world = await startWorld({ objects: [MEDIUM] });
    const client = await openLeavingClient(world.urlOf(MEDIUM.id));
    await client.takeBody(10);
    world.gateway.signal('SIGTERM');
    await within(untilRefused(world.gateway), 'new connections to be refused');
    assert.equal(await within(client.readOn(), 'the rest of the body'), MEDIUM.size);
    assert.equal(await within(world.gateway.ended, 'the gateway to stop', AT_ONCE_MS), 0);
    const [line] = await linesOf(world, 1);
    assert.deepEqual([line?.outcome, line?.deliveredBytes], ['complete', MEDIUM.size]);
    await world.close();
  });

  it('cuts short what outlasts the grace, and lets go of the origin', async () => {
    const world = await startWorld({ objects: [BIG], config: { drain: { timeoutMs: 500 } } });
    const [reading, stalled] = [
      await openLeavingClient(world.urlOf(BIG.id)),
      await openLeavingClient(world.urlOf(BIG.id)),
    ];
    await Promise.all([reading.takeBody(10), stalled.takeBody(10)]);
    const read = reading.readOn();
    world.gateway.signal('SIGTERM');
    assert.equal(await within(world.gateway.ended, 'the gateway to stop'), 0);
    assert.ok((await within(read, 'the end of what was being read')) < BIG.size, 'short of Content-Length');
    assert.ok((await within(stalled.readOn(), 'the end of what was not read')) < BIG.size, 'short of Content-Length');
    const lines = await linesOf(world, 2);
    assert.deepEqual(
      lines.map(({ outcome }) => outcome),
      ['cut-short', 'cut-short'],
    );
    assert.ok(lines.every(({ status, deliveredBytes }) => status === 200 && deliveredBytes < BIG.size));
    await world.close();
  });

  it('says that it is not ready, and serves on, for as long as it was told to', async () => {
    const world = await startWorld({ objects: [SMALL], config: { drain: { delayMs: 2_000 } } });
    const look = async (path: string) => {
      const client = await openRawClient(world.gateway);
      client.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
      const { status, fields, content } = await within(client.answer(), `an answer for ${path}`);
      client.close();
      return { status, connection: fields['connection'], content: String(content) };
    };
    assert.deepEqual(await look('/readyz'), { status: 200, connection: 'keep-alive', content: '{"status":"ready"}' });
    world.gateway.signal('SIGTERM');
    for (let status = 200; status !== 503;) ({ status } = await look('/readyz'));
    const health = { status: 200, connection: 'close', content: '{"status":"draining","transfers":0}' };
    assert.deepEqual(await look('/healthz'), health);
    const { status, connection, content } = await look(`/data/${SMALL.id}`);
    assert.deepEqual([status, connection, content.length > 0], [200, 'close', true]);
    assert.equal(await within(world.gateway.ended, 'the gateway to stop'), 0);
    await world.close();
  });

  it('ends at once when it is idle, with clients that keep their connections open', async () => {
    const world = await startWorld({ objects: [SMALL] });
    const idle = await openRawClient(world.gateway);
    idle.write(`GET /data/${SMALL.id} HTTP/1.1\r\nHost: test\r\n\r\n`);
    assert.equal((await within(idle.answer(), 'the object')).content.length, SMALL.size);
    const silent = await openRawClient(world.gateway);
    world.gateway.signal('SIGTERM');
    assert.equal(await within(world.gateway.ended, 'the gateway to stop', AT_ONCE_MS), 0);
    await within(Promise.all([idle.ended, silent.ended]), 'the connections to be closed');
    await world.close();
  });

  it('leaves its port to the next one', async () => {
    const world = await startWorld({ objects: [SMALL] });
    const { port, url } = world.gateway;
    const before = await fetch(world.urlOf(SMALL.id));
    world.gateway.signal('SIGTERM');
    assert.equal(await within(world.gateway.ended, 'the gateway to stop', AT_ONCE_MS), 0);
    const next = await world.startGateway(port);
    assert.equal(next.url, url);
    const after = await fetch(world.urlOf(SMALL.id));
    assert.deepEqual(await after.bytes(), await before.bytes());
    next.signal('SIGTERM');
    assert.equal(await within(next.ended, 'the next gateway to stop', AT_ONCE_MS), 0);
    await world.close();
  });
});

function linesOf({ gateway }: World, count: number) {
  const lines = gateway.untilTransfers((all) => (all.length >= count ? all : undefined));
  return within(lines, `the lines of ${count} transfers`);
}
