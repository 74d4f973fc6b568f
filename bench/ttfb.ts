// The workload of first bytes: one kept connection, one request after the other for an object of 1 MiB, and the time
// from asking until something comes.
import type { Running } from './contenders.ts';
import type { BenchObject } from './object.ts';
import { RawClient } from './raw-client.ts';
import { toPercentile } from './statistics.ts';
import type { Metric, Sample, Target, Workload } from './workload.ts';

type Key = 'firstP50Ms' | 'firstP99Ms' | 'wholeP50Ms';

const REQUESTS = 200;

/** V8 compiles what runs often, and what it makes of it is what a gateway runs for weeks. */
const WARM_UP_REQUESTS = 300;

const READ_BYTES = 64 << 10;

const METRICS: readonly Metric<Key>[] = [
  { key: 'firstP50Ms', heading: 'first byte p50 ms', digits: 2, compared: true },
  { key: 'firstP99Ms', heading: 'p99 ms', digits: 2, compared: false },
  { key: 'wholeP50Ms', heading: 'all of it p50 ms', digits: 2, compared: true },
];

const TARGETS: readonly Target<Key>[] = [
  { key: 'firstP50Ms', of: 'sluice', beyond: 'direct', bound: 'at most', value: 1 },
];

type Times = { readonly firstMs: readonly number[]; readonly wholeMs: readonly number[] };

export function createFirstBytes({ bytes }: BenchObject): Workload<Key> {
  async function ask({ name, url }: Running, count: number): Promise<Times> {
    const client = await RawClient.connect(url, { readBytes: READ_BYTES });
    const { pathname } = new URL(url);
    const [firstMs, wholeMs]: [number[], number[]] = [[], []];
    try {
      for (let request = 0; request < count; request += 1) {
        const askedAtMs = performance.now();
        client.ask(pathname);
        const { status, firstByteAtMs } = await client.takeAll();
        wholeMs.push(performance.now() - askedAtMs);
        firstMs.push(firstByteAtMs - askedAtMs);
        if (status !== 200 || client.bodyBytes !== bytes) {
          throw new Error(`${name} answered with ${status} and ${client.bodyBytes} bytes`);
        }
      }
    } finally {
      client.reset();
    }
    return { firstMs, wholeMs };
  }

  async function measure(proxy: Running): Promise<Sample<Key>> {
    const { firstMs, wholeMs } = await ask(proxy, REQUESTS);
    return {
      firstP50Ms: toPercentile(firstMs, 0.5),
      firstP99Ms: toPercentile(firstMs, 0.99),
      wholeP50Ms: toPercentile(wholeMs, 0.5),
    };
  }

  return {
    title: `First bytes: 1 MiB, ${REQUESTS} times in a row over one connection`,
    metrics: METRICS,
    targets: TARGETS,
    prepare: async (proxy) => void (await ask(proxy, WARM_UP_REQUESTS)),
    measure,
  };
}
