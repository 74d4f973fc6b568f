// The workload of whole downloads: curl takes the object again and again over one connection.
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Bench } from './bench.ts';
import type { Running } from './contenders.ts';
import { OBJECT_BYTES } from './object.ts';
import type { BenchObject } from './object.ts';
import { readCpuTime } from './process-usage.ts';
import type { Tool } from './tools.ts';
import type { Metric, Sample, Target, Workload } from './workload.ts';

type Key = 'cpuSecondsPerGb' | 'userSecondsPerGb' | 'systemSecondsPerGb' | 'gbPerSecond';

const BYTES_PER_GB = 1e9;

/** No settings of the user's and no proxy of the environment's. */
const CURL_FLAGS = ['--disable', '--noproxy', '*', '--silent', '--show-error', '--fail'];

const METRICS: readonly Metric<Key>[] = [
  { key: 'cpuSecondsPerGb', heading: 'CPU s/GB', digits: 2, compared: true },
  { key: 'userSecondsPerGb', heading: 'user', digits: 2, compared: false },
  { key: 'systemSecondsPerGb', heading: 'system', digits: 2, compared: false },
  { key: 'gbPerSecond', heading: 'GB/s', digits: 2, compared: true },
];

const TARGETS: readonly Target<Key>[] = [
  { key: 'cpuSecondsPerGb', to: 'nginx', bound: 'at most', ratio: 1.25 },
  { key: 'cpuSecondsPerGb', to: 'pipeline', bound: 'at most', ratio: 0.6 },
];

export type DownloadsOptions = { readonly curl: Tool; readonly object: BenchObject; readonly count: number };

export function createDownloads({ processes }: Bench, { curl, object, count }: DownloadsOptions): Workload<Key> {
  async function prepare({ name, url }: Running): Promise<void> {
    const sha256 = await processes.run([curl.path, ...CURL_FLAGS, url], toSha256);
    if (sha256 !== object.sha256) throw new Error(`${name} gave other bytes than the object's: SHA-256 ${sha256}`);
  }

  async function measure({ name, pid, url }: Running): Promise<Sample<Key>> {
    const urls = Array.from({ length: count }, () => ['--output', '/dev/null', url]).flat();
    const command = [curl.path, ...CURL_FLAGS, '--write-out', '%{size_download} %{time_total}\n', ...urls] as const;
    const before = readCpuTime(pid);
    const lines = (await processes.run(command, text)).trim().split('\n');
    const after = readCpuTime(pid);
    const transfers = lines.map((line) => line.split(' ').map(Number));
    const bytes = transfers.reduce((total, [size = 0]) => total + size, 0);
    const seconds = transfers.reduce((total, [, time = 0]) => total + time, 0);
    if (bytes !== count * OBJECT_BYTES) throw new Error(`${name} gave ${bytes} bytes for ${count} objects`);
    const gigabytes = bytes / BYTES_PER_GB;
    const userSecondsPerGb = (after.userSeconds - before.userSeconds) / gigabytes;
    const systemSecondsPerGb = (after.systemSeconds - before.systemSeconds) / gigabytes;
    const cpuSecondsPerGb = userSecondsPerGb + systemSecondsPerGb;
    return { cpuSecondsPerGb, userSecondsPerGb, systemSecondsPerGb, gbPerSecond: gigabytes / seconds };
  }

  return { title: 'The whole object, 1 GiB, by curl', metrics: METRICS, targets: TARGETS, prepare, measure };
}

async function toSha256(stdout: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(stdout, hash);
  return hash.digest('hex');
}
