// The lab's origin as a process of its own, as `sluice lab origin` starts it, and its control interface: what has left
// it and who closed what, and faults on request. It asks for no signature, since most of the proxies give none.
import { setTimeout as delay } from 'node:timers/promises';
import { FAULTS_PATH, METER_PATH } from '../src/lab/origin/control.ts';
import type { FaultRule } from '../src/lab/origin/fault-rules.ts';
import type { FaultReading } from '../src/lab/origin/faults.ts';
import type { MeterReading, RequestReading } from '../src/lab/origin/meter.ts';
import { seedOf, syntheticSha256 } from '../src/lab/origin/synthetic-bytes.ts';
import type { Bench, Upstream } from './bench.ts';
import { findFreePorts } from './free-ports.ts';
import { BUCKET } from './object.ts';
import { LAUNCHER } from './sluice-contender.ts';

const POLL_MS = 5;
/** How long nothing has to change until nothing is on its way any more. */
const STILL_MS = 20;

export type Lab = {
  readonly upstream: Upstream;
  /** Forgets what was. Returns how to read what will be. */
  mark(): Promise<() => Promise<MeterReading>>;
  setFaults(rules: readonly FaultRule[]): Promise<void>;
  /** How many requests the rules have struck since they were set. */
  countStruck(): Promise<number>;
  stop(): Promise<void>;
};

export type LabOptions = {
  /** Of its log. */
  readonly name: string;
  /** As titles name it. */
  readonly kind: string;
  /** `KEY=SIZE`. */
  readonly objects: readonly string[];
  readonly faults?: readonly FaultRule[];
};

/** Its owner stops it. */
export async function startLab({ processes }: Bench, { name, kind, objects, faults = [] }: LabOptions): Promise<Lab> {
  const [port = 0] = await findFreePorts(1);
  const flags = ['--no-auth', '--port', String(port), '--bucket', BUCKET];
  const wanted = objects.flatMap((object) => ['--object', object]);
  const command = [process.execPath, LAUNCHER, 'lab', 'origin', ...flags, ...wanted] as const;
  const server = await processes.serve(command, { name, port });
  const ask = async <Reply>(path: string, init: RequestInit = {}): Promise<Reply> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    if (!response.ok) throw new Error(`the lab's origin answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Reply;
  };
  const setFaults = async (rules: readonly FaultRule[]): Promise<void> =>
    void (await ask(FAULTS_PATH, { method: 'PUT', body: JSON.stringify(rules) }));
  await setFaults(faults);
  return {
    upstream: { kind, port, caFile: undefined, pid: server.pid },
    mark: async () => {
      // What is under way already is what a proxy has never let go of.
      const before = new Set((await ask<MeterReading>(METER_PATH, { method: 'DELETE' })).requests.map(({ id }) => id));
      return async () => {
        const reading = await ask<MeterReading>(METER_PATH);
        return { ...reading, requests: reading.requests.filter(({ id }) => !before.has(id)) };
      };
    },
    setFaults,
    countStruck: async () =>
      (await ask<readonly FaultReading[]>(FAULTS_PATH)).reduce((sum, { struck }) => sum + struck, 0),
    stop: () => server.stop(),
  };
}

/** Of the first bytes of one of its objects. */
export function hashLabObject(key: string, bytes: number): Promise<string> {
  return syntheticSha256({ seed: seedOf(`${BUCKET}/${key}`), size: bytes });
}

/** Resolves with all requests when each has ended and no further one comes, or with `undefined` after so long. */
export async function untilEnded(
  read: () => Promise<MeterReading>,
  timeoutMs: number,
): Promise<readonly RequestReading[] | undefined> {
  const deadlineMs = performance.now() + timeoutMs;
  let stillSinceMs = performance.now();
  for (let seen = -1; performance.now() < deadlineMs; await delay(POLL_MS)) {
    const { requests } = await read();
    const nowMs = performance.now();
    const isOver = requests.every(({ endedAt }) => endedAt !== undefined);
    if (!isOver || requests.length !== seen) stillSinceMs = nowMs;
    seen = requests.length;
    if (nowMs - stillSinceMs >= STILL_MS) return requests;
  }
  return undefined;
}
