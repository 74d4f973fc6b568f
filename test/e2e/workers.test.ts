// `sluice serve --workers 3`, with real processes: who serves, what the death of one does to the others, and that none
// is left in the end, however it comes.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { GatewayProcess, TransferLine } from './gateway-process.ts';
import { openLeavingClient } from './leaving-client.ts';
import type { LeavingClient } from './leaving-client.ts';
import { runProgram } from './program.ts';
import { openRawClient } from './raw-client.ts';
import { BIG, startWorld, untilRefused, within } from './world.ts';
import type { World } from './world.ts';

const WORKERS = 3;

/** More than the kernel's buffers hold, so that a client that does not read keeps its transfer under way. */
const MEDIUM = { id: 'medium', size: 64 * 2 ** 20, seed: 3 };
const SMALL = { id: 'small', size: 1_000, seed: 4 };

/** Far more than all workers take to have had one, if the kernel spreads connections at all. */
const MAX_TRIES = 300;

describe('several workers', () => {
  let world: World;
  before(async () => {
    world = await startWorld({ objects: [BIG, MEDIUM, SMALL], workers: WORKERS });
  });
  after(() => world.close());

  it('all get connections, and tell only the log which one it was', async () => {
    const { gateway } = world;
    assert.equal(new Set([gateway.pid, ...gateway.workers]).size, WORKERS + 1);
    const seen = new Set<number | undefined>();
    for (let tries = 0; seen.size < WORKERS; tries += 1) {
      assert.ok(tries < MAX_TRIES, `after ${tries} connections only ${[...seen].join(', ')} had one`);
      const { line, fields } = await visit(gateway);
      assert.ok(!JSON.stringify(fields).includes('worker'));
      seen.add(line.worker);
    }
    assert.deepEqual(seen, new Set([0, 1, 2]));
  });

  it('go on when one is killed, whose client sees a cut; another takes its place', async () => {
    const { gateway } = world;
    const victim = await readBig(world, () => true);
    const other = await readBig(world, (worker) => worker !== victim.worker);
    const cut = victim.client.readOn();
    process.kill(gateway.workers[victim.worker]!, 'SIGKILL');
    assert.ok((await within(cut, 'the cut')) < BIG.size, 'short of Content-Length');
    await other.client.takeBody(MEDIUM.size);
    const replaced = await within(untilLogged(gateway, 'a worker was replaced'), 'a replacement');
    assert.equal(replaced.worker, victim.worker);
    assert.ok(!gateway.workers.includes(replaced.pid));
    const died = await untilLogged(gateway, 'a worker died');
    assert.deepEqual([died.worker, died.signal], [victim.worker, 'SIGKILL']);
    await untilServedBy(gateway, victim.worker);
    const seen = await countLines(gateway);
    other.client.reset();
    const [line] = (await untilLines(gateway, seen + 1)).slice(seen);
    assert.deepEqual([line?.outcome, line?.worker], ['client-gone', other.worker]);
  });

  it('do not begin where another gateway listens', async () => {
    const { host, port } = world.gateway;
    const text = `the gateway cannot listen at ${host}:${port}: listen EADDRINUSE`;
    await assert.rejects(world.startGateway(port), ({ message }: Error) => message.includes(text));
  });
});

describe('several workers that are asked to stop', () => {
  for (const [how, pidsOf] of [
    ['through the process that started them', ({ pid }: GatewayProcess) => [pid]],
    ['all at once, as a terminal does', ({ pid, workers }: GatewayProcess) => [...workers, pid, ...workers]],
  ] as const) {
    it(`let transfers finish, ${how}`, async () => {
      const world = await startWorld({ objects: [MEDIUM], workers: WORKERS });
      const clients = await Promise.all(Array.from({ length: 4 }, () => openLeavingClient(world.urlOf(MEDIUM.id))));
      await Promise.all(clients.map((client) => client.takeBody(10)));
      for (const pid of pidsOf(world.gateway)) process.kill(pid, 'SIGINT');
      await within(untilRefused(world.gateway), 'new connections to be refused');
      for (const client of clients) assert.equal(await within(client.readOn(), 'the rest'), MEDIUM.size);
      assert.equal(await within(world.gateway.ended, 'the gateway to stop'), 0);
      await within(world.gateway.gone, 'the workers to stop');
      const outcomes = await untilLines(world.gateway, clients.length);
      assert.deepEqual(
        outcomes.map(({ outcome }) => outcome),
        clients.map(() => 'complete'),
      );
      await world.close();
    });
  }

  it('end at once when they are asked again', async () => {
    const world = await startWorld({ objects: [BIG], workers: WORKERS });
    const gateway = await world.startGateway(0);
    const client = await openLeavingClient(`${gateway.url}/data/${BIG.id}`);
    await client.takeBody(10);
    gateway.signal('SIGTERM');
    await within(untilRefused(gateway), 'new connections to be refused');
    // What comes within a second of the first is the same wish.
    const asking = setInterval(() => gateway.signal('SIGTERM'), 100);
    assert.equal(await within(gateway.ended, 'the gateway to end'), 130);
    clearInterval(asking);
    await within(gateway.gone, 'the workers to end');
    assert.ok((await within(client.readOn(), 'the cut')) < BIG.size);
    await world.close();
  });

  it('stop in order when the process that started them is killed', async () => {
    const world = await startWorld({ objects: [BIG], workers: WORKERS, config: { drain: { timeoutMs: 500 } } });
    const gateway = await world.startGateway(0);
    const client = await openLeavingClient(`${gateway.url}/data/${BIG.id}`);
    await client.takeBody(10);
    gateway.signal('SIGKILL');
    assert.equal(await within(gateway.ended, 'the first process to end'), null);
    assert.ok((await within(client.readOn(), 'the cut')) < BIG.size);
    await within(gateway.gone, 'the workers to stop');
    await within(untilRefused(gateway), 'new connections to be refused');
    const [line] = await untilLines(gateway, 1);
    assert.equal(line?.outcome, 'cut-short');
    await world.close();
  });
});

describe('several workers that cannot begin', () => {
  it('fail as one alone does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
    const path = join(folder, 'sluice.yaml');
    const stores = { disk: { type: 'file', root: '.' } };
    await writeFile(path, JSON.stringify({ listen: '127.0.0.1:0', database: '.', access: 'public', stores }));
    const program = join(import.meta.dirname, '../../bin/sluice.js');
    const serve = (workers: number) =>
      runProgram(process.execPath, [program, 'serve', '--config', path, '--workers', String(workers)]);
    const alone = await serve(1);
    assert.notEqual(alone.code, 0);
    assert.notEqual(alone.complaints, '');
    assert.deepEqual(await serve(2), alone);
    await rm(folder, { recursive: true });
  });
});

/** One connection of its own, for the small object; and what the log says of it. */
async function visit(gateway: GatewayProcess) {
  const seen = await countLines(gateway);
  const client = await openRawClient(gateway);
  client.write(`GET /data/${SMALL.id} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`);
  const { status, fields, content } = await within(client.answer(), 'the small object');
  assert.deepEqual([status, content.length], [200, SMALL.size]);
  await client.ended;
  const line = await lineAt(gateway, seen);
  return { fields, line };
}

async function untilServedBy(gateway: GatewayProcess, worker: number): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) if ((await visit(gateway)).line.worker === worker) return;
  assert.fail(`after ${MAX_TRIES} connections worker ${worker} has had none`);
}

/** A client in the middle of the big object, at a worker that is wanted; those of others hang up. */
async function readBig(
  world: World,
  isWanted: (worker: number) => boolean,
): Promise<{ readonly client: LeavingClient; readonly worker: number }> {
  const { gateway } = world;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const seen = await countLines(gateway);
    // The first answer has a line in the log by the time that the second one is under way, for which nobody reads.
    const client = await openLeavingClient(world.urlOf(BIG.id), ['bytes=0-0', '']);
    await client.takeBody(10_000);
    const { worker } = await lineAt(gateway, seen);
    if (isWanted(worker!)) return { client, worker: worker! };
    client.reset();
    await lineAt(gateway, seen + 1);
  }
  throw new Error(`after ${MAX_TRIES} connections no worker that is wanted has had one`);
}

type Logged = { readonly msg: string; readonly worker: number; readonly pid: number; readonly signal?: string };

/** The last line with this message. */
function untilLogged(gateway: GatewayProcess, message: string): Promise<Logged> {
  return gateway.untilTransfers(() =>
    gateway.messages.map((line) => JSON.parse(line) as Logged).findLast(({ msg }) => msg === message),
  );
}

async function countLines(gateway: GatewayProcess): Promise<number> {
  return (await gateway.untilTransfers((lines) => lines)).length;
}

function lineAt(gateway: GatewayProcess, index: number): Promise<TransferLine> {
  return within(
    gateway.untilTransfers((lines) => lines[index]),
    'a line of the log',
  );
}

function untilLines(gateway: GatewayProcess, count: number): Promise<readonly TransferLine[]> {
  const lines = gateway.untilTransfers((all) => (all.length >= count ? all : undefined));
  return within(lines, `the lines of ${count} transfers`);
}
