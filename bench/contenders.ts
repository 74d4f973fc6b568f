// The proxies of a run, and how each is set up in front of an upstream: one process, or a master and one worker.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Upstream } from './bench.ts';
import { findFreePorts } from './free-ports.ts';
import { toHaproxyConfig } from './haproxy-config.ts';
import { toNginxProxy } from './nginx-config.ts';
import { OBJECT_PATH } from './object.ts';
import type { Command, Server } from './processes.ts';
import { prepareSluice } from './sluice-contender.ts';

const PIPELINE_PROXY = fileURLToPath(new URL('pipeline-proxy.ts', import.meta.url));

export type ContenderName = 'sluice' | 'nginx' | 'haproxy' | 'haproxy splice' | 'pipeline';

export type Running = {
  readonly name: ContenderName;
  /** Of the object. */
  readonly url: string;
  readonly pid: number;
};

/** A proxy that is configured and does not run yet. */
export type Ready = Omit<Running, 'pid'> & { readonly start: () => Promise<Server> };

/** A place for one proxy. */
export type Place = { readonly scratch: string; readonly port: number; readonly upstream: Upstream };

type Prepared = { readonly command: Command; readonly path: string };

type Contender = {
  readonly name: ContenderName;
  /** Writes what it needs and says how it is started; `undefined` where it cannot be. */
  readonly prepare: (bench: Bench, place: Place) => Promise<Prepared | undefined>;
};

const CONTENDERS: readonly Contender[] = [
  { name: 'sluice', prepare: prepareSluice },
  { name: 'nginx', prepare: prepareNginx },
  { name: 'haproxy', prepare: (bench, place) => prepareHaproxy(bench, place, { splice: false }) },
  { name: 'haproxy splice', prepare: (bench, place) => prepareHaproxy(bench, place, { splice: true }) },
  { name: 'pipeline', prepare: preparePipeline },
];

/** All that can run here in front of `upstream`. */
export async function prepareContenders(bench: Bench, upstream: Upstream): Promise<readonly Ready[]> {
  const ready: Ready[] = [];
  for (const { name, prepare } of CONTENDERS) {
    const label = `${name} ${upstream.kind}`.replaceAll(' ', '-');
    const scratch = join(bench.folder, label);
    await mkdir(scratch);
    const [port = 0] = await findFreePorts(1);
    const prepared = await prepare(bench, { scratch, port, upstream });
    if (!prepared) continue;
    const { command, path } = prepared;
    const start = () => bench.processes.serve(command, { name: label, port });
    ready.push({ name, url: `http://127.0.0.1:${port}/${path}`, start });
  }
  return ready;
}

async function prepareNginx({ tools }: Bench, { scratch, port, upstream }: Place): Promise<Prepared | undefined> {
  const nginx = tools.get('nginx');
  if (!nginx) return undefined;
  const file = join(scratch, 'nginx.conf');
  await writeFile(file, toNginxProxy({ scratch, port, originPort: upstream.port, caFile: upstream.caFile }));
  return { command: [nginx.path, '-e', 'stderr', '-c', file], path: OBJECT_PATH };
}

async function prepareHaproxy(
  { tools }: Bench,
  { scratch, port, upstream }: Place,
  { splice }: { readonly splice: boolean },
): Promise<Prepared | undefined> {
  const haproxy = tools.get('haproxy');
  // What is encrypted must come up into the process to be read.
  if (!haproxy || (splice && upstream.caFile !== undefined)) return undefined;
  const file = join(scratch, 'haproxy.cfg');
  await writeFile(file, toHaproxyConfig({ port, originPort: upstream.port, caFile: upstream.caFile, splice }));
  return { command: [haproxy.path, '-db', '-f', file], path: OBJECT_PATH };
}

async function preparePipeline(_bench: Bench, { port, upstream }: Place): Promise<Prepared> {
  const { caFile } = upstream;
  const originUrl = `${caFile === undefined ? 'http' : 'https'}://127.0.0.1:${upstream.port}`;
  const args = [String(port), originUrl, ...(caFile === undefined ? [] : [caFile])];
  return { command: [process.execPath, PIPELINE_PROXY, ...args], path: OBJECT_PATH };
}
