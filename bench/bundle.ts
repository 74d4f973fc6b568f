// The workload of bundles: four members of 256 MiB as one tar, beside the same bytes as one plain object.
// Both are Sluice's own: no other proxy has bundles.
import type { Bench } from './bench.ts';
import type { Running } from './contenders.ts';
import { CURL_FLAGS, DOWNLOAD_METRICS, timeTransfers, toSha256 } from './downloads.ts';
import type { DownloadKey } from './downloads.ts';
import type { BenchObject } from './object.ts';
import { MEMBER_IDS } from './sluice-contender.ts';
import type { Tool } from './tools.ts';
import type { Sample, Workload } from './workload.ts';

/** Unpacks a bundle to its standard output; what it is handed is curl's command. */
const UNPACK = '"$0" "$@" | tar --extract --to-stdout --file -';

export type BundleOptions = { readonly curl: Tool; readonly object: BenchObject; readonly count: number };

export function createBundle({ processes }: Bench, { curl, object, count }: BundleOptions): Workload<DownloadKey> {
  /** Of the tars, by the address that made them. */
  const tarUrls = new Map<string, string>();

  async function prepare({ name, url }: Running): Promise<void> {
    const isBundle = name === 'sluice bundle';
    if (isBundle) tarUrls.set(url, await makeBundle(url));
    const get = [curl.path, ...CURL_FLAGS, tarUrls.get(url) ?? url] as const;
    const sha256 = await processes.run(isBundle ? ['/bin/sh', '-c', UNPACK, ...get] : get, toSha256);
    if (sha256 !== object.sha256) throw new Error(`${name} gave other bytes than the object's: SHA-256 ${sha256}`);
  }

  async function measure({ pid, url }: Running): Promise<Sample<DownloadKey>> {
    const urls = Array.from({ length: count }, () => tarUrls.get(url) ?? url);
    return (await timeTransfers(processes, { curl, urls, pid })).sample;
  }

  return {
    title: `A bundle of ${MEMBER_IDS.length} members of 256 MiB, and their bytes as one object, by curl`,
    metrics: DOWNLOAD_METRICS,
    targets: [],
    prepare,
    measure,
  };
}

async function makeBundle(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ids: MEMBER_IDS }),
  });
  if (!response.ok) throw new Error(`no bundle was made: ${response.status} ${await response.text()}`);
  return new URL(((await response.json()) as { readonly url: string }).url, url).href;
}
