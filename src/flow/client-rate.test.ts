// The client as a drinker: what it is told of the kernel, and the least rate that an operator may ask of it, on a fake clock
// and by a kernel that says what the test wants.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { FakeClock, settle } from '../clock.test-double.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import { Client } from './client.ts';
import { BLOCKING_BYTES, GUARDED, HttpTrial, countListeners } from './http-trial.test-double.ts';

const KIB = 1 << 10;
const RATE = { bytes: 100 * KIB, windowMs: 1_000 };
const STALL_MS = 60_000;

/** A client that takes nothing by itself, of which the kernel tells what the test says. */
async function begin(t: TestContext, { minimumRate }: { readonly minimumRate?: typeof RATE } = { minimumRate: RATE }) {
  const trial = await HttpTrial.start(t);
  const peer = await trial.connect();
  peer.ask();
  peer.socket.pause();
  const { request, response } = await trial.nextRequest();
  const clock = new FakeClock();
  const kernel = { unackedBytes: 0 };
  const tcpFacts: TcpFacts = {
    unackedBytes: () => kernel.unackedBytes,
    heldBytes: () => assert.fail('nobody needs it'),
    ackedBytes: () => 2 << 20,
    minRoundTripMs: () => 3,
    limitUnsent: () => true,
  };
  const stop = new AbortController();
  const client = new Client(request, response, {
    stallTimeoutMs: STALL_MS,
    signal: stop.signal,
    tcpFacts,
    clock,
    minimumRate,
  });
  client.head(200, { 'content-length': String(BLOCKING_BYTES) });
  /** Writes more than any kernel takes, so that it stays under way. */
  const write = () => {
    const written = client.write(Buffer.alloc(BLOCKING_BYTES));
    written.catch(() => undefined);
    kernel.unackedBytes = BLOCKING_BYTES;
    return written;
  };
  return { client, peer, clock, kernel, stop, write };
}

describe('Client, as a drinker', GUARDED, () => {
  it('passes on what the kernel tells', async (t) => {
    const { client, kernel } = await begin(t);
    kernel.unackedBytes = 17;
    assert.deepEqual([client.undrunkBytes, client.unseenBytes, client.roundTripMs, client.isProven], [17, 0, 3, true]);
    client.cutShort();
  });

  it('calls back when it has drunk, and is cut short when it drinks nothing for too long', async (t) => {
    const { client, kernel, clock, stop } = await begin(t, {});
    kernel.unackedBytes = 10;
    let drunkCount = 0;
    client.onceDrunk(() => (drunkCount += 1));
    kernel.unackedBytes = 9;
    await clock.advance(10);
    assert.equal(drunkCount, 1);
    client.onceDrunk(() => (drunkCount += 1));
    await clock.advance(2 * STALL_MS);
    assert.deepEqual([client.ending, client.signal.aborted, drunkCount, clock.alarmCount], ['cut-short', true, 1, 0]);
    assert.deepEqual(countListeners(stop.signal), { abort: 0 });
  });
});

describe('Client, with a least rate', GUARDED, () => {
  it('is cut short when it takes less in a window, while bytes wait for it', async (t) => {
    const { client, kernel, clock, write } = await begin(t);
    const written = write();
    kernel.unackedBytes -= 100 * KIB - 1;
    await clock.advance(999);
    assert.equal(client.ending, undefined);
    await clock.advance(1);
    await assert.rejects(written, { code: 'closed' });
    assert.deepEqual([client.ending, clock.alarmCount], ['cut-short', 0]);
  });

  it('goes on when it takes as much in each window, the first among them, however large the write', async (t) => {
    const { client, kernel, clock, write } = await begin(t);
    void write();
    for (let count = 0; count < 5; count += 1) {
      kernel.unackedBytes -= 100 * KIB;
      await clock.advance(1_000);
      assert.equal(client.ending, undefined, `cut short in window ${count}`);
    }
    await clock.advance(1_000);
    assert.equal(client.ending, 'cut-short');
  });

  it('has no clock while it has taken all that was written', async (t) => {
    const { client, clock } = await begin(t);
    await client.write(Buffer.alloc(10));
    assert.equal(clock.alarmCount, 0);
    await clock.advance(100 * RATE.windowMs);
    assert.equal(client.ending, undefined);
    client.cutShort();
  });

  it('counts the time in which somebody waits for it to drink', async (t) => {
    const { client, kernel, clock } = await begin(t);
    await client.write(Buffer.alloc(10));
    kernel.unackedBytes = 10;
    for (let count = 0; count < 4; count += 1) {
      const callOff = client.onceDrunk(() => assert.fail('it drinks nothing'));
      await clock.advance(249);
      callOff();
      assert.equal(clock.alarmCount, 0);
      await clock.advance(10 * RATE.windowMs);
    }
    assert.equal(client.ending, undefined);
    client.onceDrunk(() => assert.fail('it drinks nothing'));
    await clock.advance(4);
    assert.equal(client.ending, 'cut-short');
  });

  it('leaves no clock behind, however it ends', async (t) => {
    for (const end of ['cutShort', 'destroy', 'hang up'] as const) {
      const { client, peer, clock, write } = await begin(t);
      void write();
      assert.equal(clock.alarmCount, 1);
      if (end === 'hang up') {
        peer.socket.resetAndDestroy();
        await new Promise((resolve) => client.signal.addEventListener('abort', resolve, { once: true }));
      } else {
        client[end]();
      }
      await settle();
      assert.equal(clock.alarmCount, 0, end);
    }
  });

  it('asks nothing of anyone where no rate is set', async (t) => {
    const { client, clock, write } = await begin(t, {});
    void write();
    assert.equal(clock.alarmCount, 0);
    await clock.advance(1_000 * RATE.windowMs);
    assert.equal(client.ending, undefined);
    client.cutShort();
  });
});
