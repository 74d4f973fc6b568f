// Clients that hang up on a 100 GiB object, in every way there is: each costs a few buffers and no more, leaves
// nothing behind, and the origin is told at once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, describe, it } from 'node:test';
import { MIB, hangUpInRounds, untilStill } from './hang-up-rounds.ts';
import { meterNow, openLeavingClient } from './leaving-client.ts';
import { BIG, startWorld, within } from './world.ts';

/** So little that V8 collects what is garbage, and what is left of the memory is what the gateway keeps. */
const HEAP_MIB = 64;

/** What is slow is asked for twice, now and then. */
const COST_OF_SILENCE = 1.2;

const world = await startWorld({ objects: [BIG], heapMib: HEAP_MIB });
const { origin } = world;
const url = world.urlOf(BIG.id);

/** Nothing for a single client, whose buffers need not be full: in a row, there are too many of them to wait for. */
const stillIfMany = async (together: number) => {
  if (together > 1) await untilStill(world);
};

/** Every one of them has been heard by the origin. */
const askedTogether = async (together: number) => {
  const underWay = origin.meter.until(({ requests }) => {
    const open = requests.filter(({ endedAt }) => endedAt === undefined);
    return open.length === together || undefined;
  });
  await within(underWay, `${together} requests at the origin`);
};

/** A client that takes `bytes` of the body, then nothing more. */
async function take(bytes: number, ranges?: readonly string[]) {
  const client = await openLeavingClient(url, ranges);
  await client.takeBody(bytes);
  return client;
}

describe('a client that hangs up on 100 GiB costs no more than the first request', () => {
  after(() => world.close());
  afterEach(() => origin.setFaults([]));

  it('when it takes ten bytes and resets', async (t) => {
    const arrive = async () => ({ leave: (await take(10)).reset });
    await hangUpInRounds(t, world, { arrive, settle: stillIfMany, inRow: 200, atOnce: 64 });
  });

  it('when it is curl, and what reads from curl takes ten bytes', async (t) => {
    const arrive = async () => {
      const child = spawn('sh', ['-c', `curl -s ${url} | head -c 10`], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [taken] = await Promise.all([child.stdout.toArray(), once(child, 'exit')]);
      assert.equal(Buffer.concat(taken).length, 10);
      return { leave: meterNow };
    };
    await hangUpInRounds(t, world, { arrive, inRow: 200, atOnce: 64 });
  });

  it('when it takes ten bytes and closes', async (t) => {
    const arrive = async () => ({ leave: (await take(10)).close });
    await hangUpInRounds(t, world, { arrive, settle: stillIfMany, inRow: 32, atOnce: 64 });
  });

  it('when it takes the head and resets', async (t) => {
    const arrive = async () => ({ leave: (await take(0)).reset });
    await hangUpInRounds(t, world, { arrive, inRow: 32, atOnce: 64 });
  });

  it('when it closes its side while it is still reading', async (t) => {
    const arrive = async () => {
      const client = await take(10);
      return { leave: client.halfClose, end: () => within(client.readOn(), 'the gateway to close as well') };
    };
    await hangUpInRounds(t, world, { arrive, settle: stillIfMany, inRow: 32, atOnce: 64 });
  });

  it('when the origin has not answered yet', async (t) => {
    origin.setFaults([{ fault: { neverAnswer: true } }]);
    const arrive = async () => ({ leave: (await openLeavingClient(url)).reset });
    await hangUpInRounds(t, world, { arrive, settle: askedTogether, inRow: 32, atOnce: 64, medianCostBytes: 0 });
  });

  it('when it only closes its side, and the origin will not answer for long', async (t) => {
    origin.setFaults([{ fault: { headDelayMs: 600_000 } }]);
    const arrive = async () => {
      const client = await openLeavingClient(url);
      return { leave: client.halfClose, end: client.reset };
    };
    await hangUpInRounds(t, world, { arrive, settle: askedTogether, inRow: 32, atOnce: 64, medianCostBytes: 0 });
  });

  it('when the origin has gone silent in the middle', async (t) => {
    const sentBytes = 100_000;
    origin.setFaults([{ fault: { stallAfterBytes: sentBytes } }]);
    const arrive = async () => ({ leave: (await take(sentBytes)).reset });
    await hangUpInRounds(t, world, { arrive, inRow: 32, atOnce: 64, medianCostBytes: COST_OF_SILENCE * sentBytes });
  });

  it('when it only closes its side, and the origin has gone silent in the middle', async (t) => {
    const sentBytes = 100_000;
    origin.setFaults([{ fault: { stallAfterBytes: sentBytes } }]);
    const arrive = async () => {
      const client = await take(sentBytes);
      return { leave: client.halfClose, end: client.reset };
    };
    await hangUpInRounds(t, world, { arrive, inRow: 32, atOnce: 64, medianCostBytes: COST_OF_SILENCE * sentBytes });
  });

  it('when it has asked for two things at once', async (t) => {
    const arrive = async () => ({ leave: (await take(10, ['', 'bytes=5-'])).reset });
    await hangUpInRounds(t, world, { arrive, settle: stillIfMany, inRow: 32, atOnce: 64, transfers: 2 });
  });

  it('when it has asked for several ranges', async (t) => {
    const GIB = 1024 * MIB;
    const ranges = `bytes=0-${GIB - 1}, ${2 * GIB}-${3 * GIB - 1}, -${GIB}`;
    const arrive = async () => ({ leave: (await take(1000, [ranges])).reset });
    await hangUpInRounds(t, world, { arrive, settle: stillIfMany, inRow: 32, atOnce: 64 });
  });

  it('when it goes from the first of several ranges to the second', async (t) => {
    const arrive = async () => ({ leave: (await take(1000, [`bytes=0-99, 1000-`])).reset });
    await hangUpInRounds(t, world, { arrive, settle: stillIfMany, inRow: 32, atOnce: 64 });
  });
});
