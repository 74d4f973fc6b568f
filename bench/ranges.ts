// The workload of small ranges, as a client sends them that reads one big object piece by piece: 64 KiB anywhere in
// it, over 32 connections that are kept, as fast as the answers come. wrk asks; ranges.lua says for what.
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import type { Running } from './contenders.ts';
import { RANGE_BYTES } from './object.ts';
import type { BenchObject } from './object.ts';
import { readCpuTime } from './process-usage.ts';
import type { Tool } from './tools.ts';
import type { Metric, Sample, Target, Workload } from './workload.ts';

type Key = 'requestsPerSecond' | 'p99Ms' | 'cpuMicrosPerRequest' | 'busyPercent';

const SCRIPT = fileURLToPath(new URL('ranges.lua', import.meta.url));
const CONNECTIONS = 32;

/** V8 compiles the hot paths over the first tens of thousands of requests; a gateway runs for weeks after that. */
const WARM_UP_SECONDS = 5;

/** More bytes for an answer than this are not its range and a head. */
const MAX_ANSWER_BYTES = RANGE_BYTES + 2048;

const METRICS: readonly Metric<Key>[] = [
  { key: 'requestsPerSecond', heading: 'requests/s', digits: 0, compared: true },
  { key: 'p99Ms', heading: 'p99 ms', digits: 1, compared: true },
  { key: 'cpuMicrosPerRequest', heading: 'CPU µs/request', digits: 0, compared: true },
  { key: 'busyPercent', heading: 'busy %', digits: 0, compared: false },
];

const TARGETS: readonly Target<Key>[] = [{ key: 'requestsPerSecond', to: 'nginx', bound: 'at least', ratio: 0.6 }];

/** What ranges.lua says at the end. */
type WrkResult = {
  readonly requests: number;
  readonly microseconds: number;
  readonly bytes: number;
  readonly failed: number;
  readonly p99Microseconds: number;
};

export type RangesOptions = { readonly wrk: Tool; readonly object: BenchObject; readonly seconds: number };

export function createRanges({ processes }: Bench, { wrk, object, seconds }: RangesOptions): Workload<Key> {
  async function ask({ name, url }: Running, durationSeconds: number): Promise<WrkResult> {
    const flags = ['--threads', '1', '--connections', String(CONNECTIONS), '--duration', `${durationSeconds}s`];
    const command = [wrk.path, ...flags, '--script', SCRIPT, url, '--', String(object.bytes)] as const;
    const output = await processes.run(command, text);
    const result = JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? 'null') as WrkResult | null;
    if (!result) throw new Error(`wrk came to no result with ${name}: ${output}`);
    const answerBytes = result.bytes / result.requests;
    if (result.failed > 0 || !(answerBytes > RANGE_BYTES && answerBytes < MAX_ANSWER_BYTES)) {
      throw new Error(`${name} did not answer with ranges alone: ${JSON.stringify(result)}`);
    }
    return result;
  }

  async function measure(proxy: Running): Promise<Sample<Key>> {
    const before = readCpuTime(proxy.pid);
    const { requests, microseconds, p99Microseconds } = await ask(proxy, seconds);
    const after = readCpuTime(proxy.pid);
    const cpuSeconds = after.userSeconds - before.userSeconds + (after.systemSeconds - before.systemSeconds);
    return {
      requestsPerSecond: requests / (microseconds / 1e6),
      p99Ms: p99Microseconds / 1e3,
      cpuMicrosPerRequest: (cpuSeconds * 1e6) / requests,
      busyPercent: (100 * cpuSeconds) / (microseconds / 1e6),
    };
  }

  return {
    title: `64 KiB ranges of 1 GiB, ${CONNECTIONS} connections, by wrk`,
    metrics: METRICS,
    targets: TARGETS,
    prepare: async (proxy) => void (await ask(proxy, WARM_UP_SECONDS)),
    measure,
  };
}
