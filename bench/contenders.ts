// The proxies of a run, and how each is set up in front of an upstream: one process, or a master and one worker.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Upstream } from './bench.ts';
import { findFreePorts } from './free-ports.ts';
import { toHaproxyConfig } from './haproxy-config.ts';
import { toNginxProxy } from './nginx-config.ts';
import { BUCKET } from './object.ts';
import type { Command, Server } from './processes.ts';
import { prepareSluice, prepareSluiceBundle } from './sluice-contender.ts';

const PIPELINE_PROXY = fileURLToPath(new URL('pipeline-proxy.ts', import.meta.url));

export type ContenderName =
  | 'direct'
  | 'sluice'
  | 'sluice, kernel off'
  | 'sluice bundle'
  | 'nginx'
  | 'nginx unbuffered'
  | 'haproxy'
  | 'haproxy splice'
  | 'pipeline';

export type Running = {
  readonly name: ContenderName;
  /** Of the object; of where bundles are made, for the contender that is one. */
  readonly url: string;
  /** For `direct`, the origin's own. */
  readonly pid: number;
};

/** A proxy that is configured and does not run yet. */
export type Ready = Omit<Running, 'pid'> & { readonly start: () => Promise<Server> };

/** Who takes part in a section, and what all of them are asked for. */
export type Lineup = {
  /** Of the section: tells its files and logs from another's. */
  readonly label: string;
  readonly names: readonly ContenderName[];
  readonly upstream: Upstream;
  /** The key of the object, in the one bucket that there is. */
  readonly key: string;
  /** Lines for sluice.yaml, beyond those that say where everything is. */
  readonly settings?: readonly string[];
};

/** A place for one proxy. */
export type Place = Omit<Lineup, 'label' | 'names'> & { readonly scratch: string; readonly port: number };

/** Without a command, the upstream itself is who answers. */
export type Prepared = { readonly command: Command | undefined; readonly path: string };

/** Writes what it needs and says how it is started; `undefined` where it cannot be. */
type Prepare = (bench: Bench, place: Place) => Promise<Prepared | undefined>;

const CONTENDERS: Readonly<Record<ContenderName, Prepare>> = {
  direct: async (_bench, { key }) => ({ command: undefined, path: `${BUCKET}/${key}` }),
  sluice: prepareSluice,
  'sluice, kernel off': (bench, place) =>
    prepareSluice(bench, { ...place, settings: [...(place.settings ?? []), 'kernel: off'] }),
  'sluice bundle': prepareSluiceBundle,
  nginx: (bench, place) => prepareNginx(bench, place, { buffered: true }),
  'nginx unbuffered': (bench, place) => prepareNginx(bench, place, { buffered: false }),
  haproxy: (bench, place) => prepareHaproxy(bench, place, { splice: false }),
  'haproxy splice': (bench, place) => prepareHaproxy(bench, place, { splice: true }),
  pipeline: preparePipeline,
};

/** Of those that are to take part, all that can run here. */
export async function prepareContenders(bench: Bench, { label, names, ...rest }: Lineup): Promise<readonly Ready[]> {
  const ready: Ready[] = [];
  for (const name of names) {
    const slug = `${label} ${name}`.replaceAll(/[^a-z]+/g, '-');
    const scratch = join(bench.folder, slug);
    await mkdir(scratch);
    const [freePort = 0] = await findFreePorts(1);
    const prepared = await CONTENDERS[name](bench, { ...rest, scratch, port: freePort });
    if (!prepared) continue;
    const { command, path } = prepared;
    const { upstream } = rest;
    const port = command ? freePort : upstream.port;
    const start = async () =>
      command
        ? bench.processes.serve(command, { name: slug, port })
        : { pid: upstream.pid, stop: () => Promise.resolve() };
    ready.push({ name, url: `http://127.0.0.1:${port}/${path}`, start });
  }
  return ready;
}

async function prepareNginx(
  { tools }: Bench,
  { scratch, port, upstream, key }: Place,
  { buffered }: { readonly buffered: boolean },
): Promise<Prepared | undefined> {
  const nginx = tools.get('nginx');
  if (!nginx) return undefined;
  const file = join(scratch, 'nginx.conf');
  const { port: originPort, caFile } = upstream;
  await writeFile(file, toNginxProxy({ scratch, port, originPort, caFile, buffered }));
  return { command: [nginx.path, '-e', 'stderr', '-c', file], path: `${BUCKET}/${key}` };
}

async function prepareHaproxy(
  { tools }: Bench,
  { scratch, port, upstream, key }: Place,
  { splice }: { readonly splice: boolean },
): Promise<Prepared | undefined> {
  const haproxy = tools.get('haproxy');
  // What is encrypted must come up into the process to be read.
  if (!haproxy || (splice && upstream.caFile !== undefined)) return undefined;
  const file = join(scratch, 'haproxy.cfg');
  await writeFile(file, toHaproxyConfig({ port, originPort: upstream.port, caFile: upstream.caFile, splice }));
  return { command: [haproxy.path, '-db', '-f', file], path: `${BUCKET}/${key}` };
}

async function preparePipeline(_bench: Bench, { port, upstream, key }: Place): Promise<Prepared> {
  const { caFile } = upstream;
  const originUrl = `${caFile === undefined ? 'http' : 'https'}://127.0.0.1:${upstream.port}`;
  const args = [String(port), originUrl, ...(caFile === undefined ? [] : [caFile])];
  return { command: [process.execPath, PIPELINE_PROXY, ...args], path: `${BUCKET}/${key}` };
}
