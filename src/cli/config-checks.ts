// What a schema cannot say of a configuration: whether a port is one, a URL parses, a file is there.
// Each check looks at a part of the file that already fits the schema, so that all mistakes are told at once.
import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { dirname, resolve } from 'node:path';
import { describeValue, isMapping } from './config-mistakes.ts';
import type { SchemaMistake } from './config-mistakes.ts';
import type { ConfigFile } from './config-schema.ts';
import type { ConfigKeys } from './config-yaml.ts';

const MAX_PORT = 65_535;

export type ListenAddress = { readonly host: string; readonly port: number };

/** The address that `listen` means, or `undefined` when it cannot be one. */
export function parseListen(listen: string): ListenAddress | undefined {
  const colon = listen.lastIndexOf(':');
  const written = listen.slice(0, colon);
  const port = Number(listen.slice(colon + 1));
  const bracketed = written.startsWith('[');
  const host = bracketed ? written.slice(1, -1) : written;
  return port > MAX_PORT || (bracketed && !isIPv6(host)) ? undefined : { host, port };
}

const UNIT_BYTES: Readonly<Record<string, number>> = { KiB: 1 << 10, MiB: 1 << 20, GiB: 1 << 30, TiB: 2 ** 40 };

/** The bytes that a size of the schema's pattern means. */
export function parseSize(size: string): number {
  return Number.parseInt(size, 10) * UNIT_BYTES[size.slice(-3)]!;
}

/** Below this there is not one slab for each of a few dozen transfers. */
export const MIN_BUDGET_BYTES = 1 << 20;

/** A path of the file: what is relative is so to the file's own folder, wherever the command was started. */
export function resolveBeside(configPath: string, path: string): string {
  return resolve(dirname(resolve(configPath)), path);
}

export type CheckOptions = {
  readonly configPath: string;
  /** What the schema has found. What it found wrong is not looked at again. */
  readonly unfit: readonly SchemaMistake[];
};

/** The mistakes that the schema cannot see, in the parts of the file that fit it. */
export function checkFacts(file: unknown, { configPath, unfit }: CheckOptions): readonly SchemaMistake[] {
  const { listen, stores, memory } = soundParts(file, unfit);
  const mistakes: SchemaMistake[] = [];
  if (memory?.budget !== undefined && parseSize(memory.budget) < MIN_BUDGET_BYTES) {
    mistakes.push({ keys: ['memory', 'budget'], text: `got ${memory.budget}, want 1MiB or more` });
  }
  if (listen !== undefined && !parseListen(listen)) {
    const want = `want a port from 0 to ${MAX_PORT}, and between brackets an IPv6 address`;
    mistakes.push({ keys: ['listen'], text: `got ${describeValue(listen, ['listen'])}, ${want}` });
  }
  for (const [name, store] of Object.entries(stores)) {
    const keys = ['stores', name];
    if (store.type === 'file') mistakes.push(...checkRoot([...keys, 'root'], resolveBeside(configPath, store.root)));
    else mistakes.push(...checkEndpoint(keys, store), ...checkCa(keys, store, configPath));
  }
  return mistakes;
}

type SoundParts = Pick<ConfigFile, 'listen' | 'stores' | 'memory'>;

function soundParts(file: unknown, unfit: readonly SchemaMistake[]): SoundParts {
  if (!isMapping(file)) return { stores: {} };
  const fits = (keys: ConfigKeys) => !unfit.some((mistake) => keys.every((key, depth) => mistake.keys[depth] === key));
  const stores = isMapping(file.stores) ? Object.entries(file.stores) : [];
  // The schema has vouched for each part that is passed on.
  return {
    ...(fits(['listen']) && file.listen !== undefined ? { listen: file.listen as string } : {}),
    ...(fits(['memory']) && isMapping(file.memory) ? { memory: file.memory } : {}),
    stores: Object.fromEntries(stores.filter(([name]) => fits(['stores', name]))) as ConfigFile['stores'],
  };
}

type S3Store = Extract<ConfigFile['stores'][string], { readonly type: 's3' }>;

function checkRoot(keys: ConfigKeys, root: string): readonly SchemaMistake[] {
  const is = statSync(root, { throwIfNoEntry: false });
  if (is?.isDirectory()) return [];
  return [{ keys, text: `got ${JSON.stringify(root)}, which is ${is ? 'no folder' : 'not there'}, want a folder` }];
}

function checkEndpoint(keys: ConfigKeys, { endpoint }: S3Store): readonly SchemaMistake[] {
  if (endpoint === undefined || URL.canParse(endpoint)) return [];
  const at = [...keys, 'endpoint'];
  return [
    { keys: at, text: `got ${describeValue(endpoint, at)}, which is no URL, want one like https://s3.example.org` },
  ];
}

function checkCa(keys: ConfigKeys, { caFile, endpoint }: S3Store, configPath: string): readonly SchemaMistake[] {
  if (caFile === undefined) return [];
  const at = [...keys, 'caFile'];
  if (endpoint?.startsWith('http:')) {
    return [
      { keys: at, text: 'got a certificate authority for an http endpoint, want an https endpoint or no caFile' },
    ];
  }
  const path = resolveBeside(configPath, caFile);
  const problem = problemOfCa(path);
  return problem ? [{ keys: at, text: `got ${JSON.stringify(path)}, ${problem}, want a PEM file` }] : [];
}

function problemOfCa(path: string): string | undefined {
  let pem: Buffer;
  try {
    pem = readFileSync(path);
  } catch {
    return 'which cannot be read';
  }
  try {
    void new X509Certificate(pem);
    return undefined;
  } catch {
    return 'which has no certificate in it';
  }
}
