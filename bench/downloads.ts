// The workload of whole downloads: curl takes the object again and again over one connection.
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Bench } from './bench.ts';
import type { Running } from './contenders.ts';
import type { BenchObject } from './object.ts';
import { readCpuTime } from './process-usage.ts';
import type { Processes } from './processes.ts';
import type { Tool } from './tools.ts';
import type { Metric, Sample, Target, Workload } from './workload.ts';

export type DownloadKey = 'cpuSecondsPerGb' | 'userSecondsPerGb' | 'systemSecondsPerGb' | 'gbPerSecond';

const BYTES_PER_GB = 1e9;

/** No settings of the user's and no proxy of the environment's. */
export const CURL_FLAGS = ['--disable', '--noproxy', '*', '--silent', '--show-error', '--fail'];

export const DOWNLOAD_METRICS: readonly Metric<DownloadKey>[] = [
  { key: 'cpuSecondsPerGb', heading: 'CPU s/GB', digits: 2, compared: true },
  { key: 'userSecondsPerGb', heading: 'user', digits: 2, compared: false },
  { key: 'systemSecondsPerGb', heading: 'system', digits: 2, compared: false },
  { key: 'gbPerSecond', heading: 'GB/s', digits: 2, compared: true },
];

/** With an origin that is faster than any proxy. */
export const CPU_TARGETS: readonly Target<DownloadKey>[] = [
  { key: 'cpuSecondsPerGb', to: 'nginx', bound: 'at most', ratio: 1.25 },
  { key: 'cpuSecondsPerGb', to: 'pipeline', bound: 'at most', ratio: 0.6 },
];

export const SPEED_TARGET: Target<DownloadKey> = { key: 'gbPerSecond', to: 'nginx', bound: 'at least', ratio: 0.9 };

/** With an origin that gives each connection no more than S3 does. */
export const LIMITED_SPEED_TARGET: Target<DownloadKey> = {
  key: 'gbPerSecond',
  to: 'nginx',
  bound: 'at least',
  ratio: 6,
};

export type DownloadsOptions = {
  readonly curl: Tool;
  readonly object: Pick<BenchObject, 'bytes'>;
  readonly count: number;
  readonly targets: readonly Target<DownloadKey>[];
  /** What is asked for and compared beforehand: the object, or the first bytes of one that takes long. */
  readonly check: Pick<BenchObject, 'bytes' | 'sha256'>;
};

export function createDownloads({ processes }: Bench, options: DownloadsOptions): Workload<DownloadKey> {
  const { curl, object, count, targets, check } = options;

  async function prepare({ name, url }: Running): Promise<void> {
    const range = check.bytes < object.bytes ? ['--range', `0-${check.bytes - 1}`] : [];
    const sha256 = await processes.run([curl.path, ...CURL_FLAGS, ...range, url], toSha256);
    if (sha256 !== check.sha256) throw new Error(`${name} gave other bytes than the object's: SHA-256 ${sha256}`);
  }

  async function measure({ name, pid, url }: Running): Promise<Sample<DownloadKey>> {
    const transfers = await timeTransfers(processes, { curl, urls: Array.from({ length: count }, () => url), pid });
    const { bytes } = transfers;
    if (bytes !== count * object.bytes) throw new Error(`${name} gave ${bytes} bytes for ${count} objects`);
    return transfers.sample;
  }

  const metrics = DOWNLOAD_METRICS;
  return { title: 'The whole object, 1 GiB, by curl', metrics, targets, prepare, measure };
}

export type Transfers = { readonly curl: Tool; readonly urls: readonly string[]; readonly pid: number };

/** What it costs process `pid` that curl takes all of `urls`, one after the other. */
export async function timeTransfers(
  processes: Processes,
  { curl, urls, pid }: Transfers,
): Promise<{ readonly bytes: number; readonly sample: Sample<DownloadKey> }> {
  const wanted = urls.flatMap((url) => ['--output', '/dev/null', url]);
  const command = [curl.path, ...CURL_FLAGS, '--write-out', '%{size_download} %{time_total}\n', ...wanted] as const;
  const before = readCpuTime(pid);
  const lines = (await processes.run(command, text)).trim().split('\n');
  const after = readCpuTime(pid);
  const transfers = lines.map((line) => line.split(' ').map(Number));
  const bytes = transfers.reduce((total, [size = 0]) => total + size, 0);
  const seconds = transfers.reduce((total, [, time = 0]) => total + time, 0);
  const gigabytes = bytes / BYTES_PER_GB;
  const userSecondsPerGb = (after.userSeconds - before.userSeconds) / gigabytes;
  const systemSecondsPerGb = (after.systemSeconds - before.systemSeconds) / gigabytes;
  const cpuSecondsPerGb = userSecondsPerGb + systemSecondsPerGb;
  return { bytes, sample: { cpuSecondsPerGb, userSecondsPerGb, systemSecondsPerGb, gbPerSecond: gigabytes / seconds } };
}

export async function toSha256(stdout: Readable): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(stdout, hash);
  return hash.digest('hex');
}
