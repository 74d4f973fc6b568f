// What a soak runs against: the lab's origin with a few objects, and the gateway over it with its ledger in a file.
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { FaultRule } from '../../src/lab/origin/fault-rules.ts';
import { fillSynthetic, seedOf, syntheticBytes } from '../../src/lab/origin/synthetic-bytes.ts';
import type { Bench } from '../bench.ts';
import { findFreePorts } from '../free-ports.ts';
import { startLab } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { BUCKET } from '../object.ts';
import { withOpenFiles } from '../open-files.ts';
import type { Server } from '../processes.ts';
import { LAUNCHER } from '../sluice-contender.ts';
import type { SoakObject } from './visit-plan.ts';

const MEBIBYTE = 2 ** 20;
const GIBIBYTE = 2 ** 30;

/** From nothing to more than anybody reads; the larger ones are in parts, as large objects are. */
const SIZES = {
  empty: 0,
  tiny: 1,
  small: 100_000,
  medium: 5 * MEBIBYTE + 17,
  large: 96 * MEBIBYTE,
  huge: 200 * GIBIBYTE,
} as const;

const PARTS: Readonly<Record<string, string>> = { large: ':8MiB', huge: ':64MiB' };

const MEMBERS = ['small', 'empty', 'medium', 'tiny'] as const;

export type House = {
  readonly url: string;
  /** Of the gateway. */
  readonly pid: number;
  readonly lab: Lab;
  readonly objects: readonly [SoakObject, ...SoakObject[]];
  /** Writes what an object has from `offset` on into `target`. */
  fill(path: string, target: Uint8Array, offset: number): void;
  /** Transfers under way, as the gateway says. */
  countTransfers(): Promise<number>;
  /** Stops the gateway in order, and reads what its log has. */
  stop(): Promise<LogReading>;
};

export type LogReading = {
  readonly transfers: number;
  /** How many transfers ended how. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** Messages of errors, the first of them. */
  readonly errors: readonly string[];
};

/** pino's number for errors. */
const ERROR_LEVEL = 50;
const KEPT_ERRORS = 10;

/** Its processes are the bench's to end, whatever happens. */
export async function openHouse(bench: Bench, { budgetMib }: { readonly budgetMib: number }): Promise<House> {
  const flags = Object.entries(SIZES).map(([key, size]) => `${key}=${size}${PARTS[key] ?? ''}`);
  const lab = await startLab(bench, { name: 'origin', kind: 'of the lab', objects: flags });
  const [port = 0] = await findFreePorts(1);
  const config = join(bench.folder, 'sluice.yaml');
  await writeFile(config, `${toConfig({ port, originPort: lab.upstream.port, budgetMib }).join('\n')}\n`);
  const sluice = [process.execPath, LAUNCHER] as const;
  for (const key of Object.keys(SIZES)) {
    const add = [...sluice, 'catalog', 'add', key, `origin:${BUCKET}/${key}`, '--config', config] as const;
    await bench.processes.run(add, text);
  }
  const command = withOpenFiles([...sluice, 'serve', '--config', config]);
  const server = await bench.processes.serve(command, { name: 'gateway', port });
  const url = `http://127.0.0.1:${port}`;
  const bundle = await makeBundle(url);
  const plain = Object.entries(SIZES).map(([key, size]) => ({ path: `/data/${key}`, size }));
  const seeds = new Map(Object.keys(SIZES).map((key) => [`/data/${key}`, toSeed(key)]));
  const log = join(bench.folder, 'gateway.log');
  return {
    url,
    pid: server.pid,
    lab,
    objects: [{ path: bundle.path, size: bundle.tar.length }, ...plain],
    fill: (path, target, offset) => {
      const seed = seeds.get(path);
      if (seed === undefined) bundle.tar.copy(target, 0, offset);
      else fillSynthetic(target, { seed, offset });
    },
    countTransfers: async () =>
      ((await (await fetch(`${url}/healthz`)).json()) as { readonly transfers: number }).transfers,
    stop: () => stop(server, log),
  };
}

type Configured = { readonly port: number; readonly originPort: number; readonly budgetMib: number };

/** Times are short, so that what the origin does wrong and what clients do not do is over soon. */
function toConfig({ port, originPort, budgetMib }: Configured): readonly string[] {
  return [
    `listen: 127.0.0.1:${port}`,
    `access: public`,
    `stores:`,
    `  origin:`,
    `    type: s3`,
    `    endpoint: http://127.0.0.1:${originPort}`,
    `    region: us-east-1`,
    `    credentials: { accessKeyId: soak, secretAccessKey: soak-secret }`,
    `memory: { budget: ${budgetMib}MiB }`,
    `park: { afterMs: 1000 }`,
    `timeouts: { headMs: 3000, upstreamStallMs: 2000, downstreamStallMs: 30000 }`,
  ];
}

/** What goes wrong at the origin while clients come and go. */
export function toFaults(seed: number): readonly FaultRule[] {
  const draw = (probability: number, fault: FaultRule['fault'], index: number): FaultRule => ({
    probability,
    seed: seed + index,
    fault,
  });
  return [
    draw(0.01, { resetAfterBytes: { from: 0, to: 8 * MEBIBYTE } }, 1),
    draw(0.01, { truncateAfterBytes: { from: 0, to: 4 * MEBIBYTE } }, 2),
    draw(0.003, { stallAfterBytes: { from: 0, to: MEBIBYTE } }, 3),
    draw(0.02, { slowDown: {} }, 4),
    draw(0.005, { internalError: true }, 5),
    draw(0.002, { resetUnanswered: true }, 6),
    draw(0.001, { neverAnswer: true }, 7),
    draw(0.02, { headDelayMs: 200 }, 8),
    draw(0.02, { rateBytesPerSecond: 20_000_000 }, 9),
  ];
}

type Tar = { readonly path: string; readonly tar: Buffer };

/** Made and read while nothing goes wrong; its members' bytes must be in it, one after the other. */
async function makeBundle(url: string): Promise<Tar> {
  const response = await fetch(`${url}/bundles`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ids: MEMBERS }),
  });
  if (!response.ok) throw new Error(`no bundle was made: ${response.status} ${await response.text()}`);
  const { url: path } = (await response.json()) as { readonly url: string };
  const tar = Buffer.from(await (await fetch(`${url}${path}`)).arrayBuffer());
  let from = 0;
  for (const key of MEMBERS) {
    const length = SIZES[key];
    from = tar.indexOf(syntheticBytes({ seed: toSeed(key), offset: 0, length }), from);
    if (from < 0) throw new Error(`the bundle does not have the bytes of ${key}`);
    from += length;
  }
  return { path, tar };
}

function toSeed(key: string): number {
  return seedOf(`${BUCKET}/${key}`);
}

async function stop(server: Server, log: string): Promise<LogReading> {
  await server.stop();
  let transfers = 0;
  const outcomes = new Map<string, number>();
  const errors: string[] = [];
  for await (const line of createInterface({ input: createReadStream(log) })) {
    if (!line.startsWith('{')) continue;
    const entry = JSON.parse(line) as { readonly level: number; readonly msg?: string; readonly outcome?: string };
    if (entry.msg === 'transfer') {
      transfers += 1;
      const outcome = entry.outcome ?? 'none';
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } else if (entry.level >= ERROR_LEVEL && errors.length < KEPT_ERRORS) {
      errors.push(line);
    }
  }
  return { transfers, outcomes, errors };
}
