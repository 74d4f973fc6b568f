// Reads sluice.yaml into what the commands work with: every default filled in, every path absolute.
// config-yaml.ts knows the lines, config-mistakes.ts the schema; here is what neither of them can say.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SluiceError } from '../errors.ts';
import { DEFAULT_BUDGET_BYTES } from '../flow/budget.ts';
import { DEFAULT_READ_AHEAD } from '../flow/readahead.ts';
import { checkFacts, parseListen, parseSize, resolveBeside } from './config-checks.ts';
import type { ListenAddress } from './config-checks.ts';
import { findMistakes } from './config-mistakes.ts';
import type { ConfigFile, LogLevel, S3Credentials } from './config-schema.ts';
import { parseConfigYaml } from './config-yaml.ts';
import type { ConfigKeys, Mistake } from './config-yaml.ts';

export const DEFAULT_CONFIG_PATH = 'sluice.yaml';

/** Loopback: nobody else is served before somebody says so. */
const DEFAULT_LISTEN = '127.0.0.1:8080';
const DEFAULT_DATABASE = 'sluice.db';
const DEFAULT_JOURNAL = 'journal';

/** At 85 to 90 MB/s a connection, as S3 gives, many more than a machine's network can fill. */
const DEFAULT_MAX_CONNECTIONS = 1024;

const DEFAULT_TIMEOUTS: Timeouts = {
  // A connection over any network is up in a second or two, or it will not be.
  connectMs: 5_000,
  // S3 answers in under a second; a store that fetches an object from a slow tier takes longer.
  headMs: 30_000,
  upstreamStallMs: 30_000,
  // A reader may pause: a closed laptop, a pipeline that computes. It holds no more than its slabs meanwhile.
  downstreamStallMs: 120_000,
};

/** Kubernetes grants 30 s between the request to stop and the kill, systemd 90 s. */
const DEFAULT_DRAIN = { timeoutMs: 30_000, delayMs: 0 };

/** A database is restarted or fails over in a minute; what was granted an hour ago may be withdrawn by now. */
const DEFAULT_SERVE_KNOWN_MS = 600_000;

/** Some two million rows: hours of a busy gateway. */
const DEFAULT_MAX_JOURNAL_BYTES = 1 << 30;

const DEFAULT_LINK_LIFETIME_MS = 7 * 86_400_000;

/** Where there are few transfers this is more than they use, and where there are many it is what keeps them small. */
const DEFAULT_MEMORY = { budgetBytes: DEFAULT_BUDGET_BYTES, waitMs: DEFAULT_READ_AHEAD.memoryWaitMs };

/** Far above what a network fills; the bound is there so that a flood ends in refusals and not in lost memory. */
const DEFAULT_LIMITS = { transfers: 10_000 };

export type S3StoreConfig = {
  readonly type: 's3';
  /** Without a slash at its end. `undefined`: AWS in the region. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly pathStyle: boolean;
  readonly credentials: S3Credentials | undefined;
  readonly maxConnections: number;
  /** The certificate authority to trust, in PEM. */
  readonly ca: string | undefined;
};

export type FileStoreConfig = { readonly type: 'file'; readonly root: string };

export type StoreConfig = S3StoreConfig | FileStoreConfig;

export type Timeouts = {
  readonly connectMs: number;
  readonly headMs: number;
  readonly upstreamStallMs: number;
  readonly downstreamStallMs: number;
};

export type JwtConfig = Exclude<Extract<ConfigFile['access'], object>['jwt'], undefined>;

/** Who may read. `granted` is by tokens, links and tokens of an issuer; public collections are everybody's. */
export type AccessConfig =
  | { readonly kind: 'public' }
  | { readonly kind: 'granted'; readonly jwt: JwtConfig | undefined; readonly maxLinkLifetimeMs: number };

export type QuotaConfig = {
  readonly transfers?: number;
  readonly bytesPerSecond?: number;
  readonly bytesPerDay?: number;
};

export type LimitsConfig = {
  /** Of the whole process. */
  readonly transfers: number;
  readonly bytesPerSecond: number | undefined;
  /** Of each principal that has none of its own in the database. */
  readonly principal: QuotaConfig;
};

export type Config = {
  /** The file it came from, as it was named. */
  readonly path: string;
  readonly listen: ListenAddress;
  /** An absolute path, or a `postgres://` URL. */
  readonly database: string;
  readonly access: AccessConfig | undefined;
  readonly log: LogLevel;
  readonly stores: ReadonlyMap<string, StoreConfig>;
  readonly timeouts: Timeouts;
  readonly limits: LimitsConfig;
  readonly ledger: { readonly journal: string; readonly maxJournalBytes: number };
  readonly away: { readonly serveKnownMs: number };
  readonly drain: { readonly timeoutMs: number; readonly delayMs: number };
  readonly memory: { readonly budgetBytes: number; readonly waitMs: number };
  readonly readahead: { readonly maxBytes: number; readonly connections: number };
  readonly park: { readonly afterMs: number };
  /** The least that a client must take; none by default. */
  readonly minimumRate: { readonly bytes: number; readonly windowMs: number } | undefined;
  readonly kernel: 'auto' | 'off';
};

/** A configuration that says who may read: without it nothing is served. */
export type ServeConfig = Config & { readonly access: AccessConfig };

/**
 * The configuration of a file, with its defaults. Rejects with `bad-config`; the message has one line for each
 * mistake in the file, with the line it stands on, and never a secret.
 */
export async function loadConfig(path: string): Promise<Config> {
  const { file, mistakes } = await readConfigFile(path);
  return toConfig(path, accept(path, file, mistakes));
}

/** As `loadConfig`, and the file must say who may read. */
export async function loadServeConfig(path: string): Promise<ServeConfig> {
  const { file, mistakes } = await readConfigFile(path);
  if (file && file.access === undefined) {
    const text = 'got nothing, want public or granted; nothing is served until it says so';
    mistakes.push({ line: 1, keys: ['access'], text });
  }
  const config = toConfig(path, accept(path, file, mistakes));
  return { ...config, access: config.access! };
}

type ReadConfigFile = {
  /** What the file says; it fits the schema when there are no mistakes. */
  readonly file: ConfigFile | undefined;
  readonly mistakes: Mistake[];
};

async function readConfigFile(path: string): Promise<ReadConfigFile> {
  const { value, mistakes, lineOf } = parseConfigYaml(await readText(path));
  if (mistakes.length > 0 && value === undefined) return { file: undefined, mistakes: [...mistakes] };
  if (value === undefined) {
    const text = 'got an empty file, want at least "stores:" with one store below it';
    return { file: undefined, mistakes: [{ line: 1, keys: [], text }] };
  }
  const unfit = findMistakes(value);
  const unmet = checkFacts(value, { configPath: path, unfit });
  const located = [...unfit, ...unmet].map((mistake) => ({ ...mistake, line: lineOf(mistake.keys) }));
  // The type holds once `accept` has found no mistakes.
  return { file: value as ConfigFile, mistakes: [...mistakes, ...located] };
}

async function readText(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new SluiceError('bad-config', `${path}: ${problemOfReading(cause)}`, { cause });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SluiceError('bad-config', `${path}: got a file that is no UTF-8, want YAML`, { cause });
  }
}

function problemOfReading(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file; want a configuration, its path after --config';
  if (code === 'EISDIR') return 'got a folder, want the path of a configuration file';
  return `cannot be read (${String(code)}); want a readable configuration file`;
}

/** The file, if there is nothing wrong with it. */
function accept(path: string, file: ConfigFile | undefined, mistakes: readonly Mistake[]): ConfigFile {
  if (file && mistakes.length === 0) return file;
  const lines = mistakes
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, keys, text }) =>
      [`${path}:${line}`, ...(keys.length > 0 ? [formatKeys(keys)] : []), text].join(': '),
    );
  throw new SluiceError('bad-config', lines.join('\n'));
}

/** `stores.archive.region`; a key that is no plain word stands in quotes, so that it cannot break the line. */
function formatKeys(keys: ConfigKeys): string {
  return keys.map((key) => (/^[\w-]{1,64}$/.test(key) ? key : JSON.stringify(key.slice(0, 64)))).join('.');
}

function toConfig(path: string, file: ConfigFile): Config {
  const stores = Object.entries(file.stores).map(([name, store]) => [name, toStore(path, store)] as const);
  const listen = file.listen ?? DEFAULT_LISTEN;
  return {
    path,
    listen: parseListen(listen)!,
    database: toDatabase(path, file.database),
    access: file.access === undefined ? undefined : toAccess(file.access),
    log: file.log ?? 'info',
    stores: new Map(stores),
    timeouts: { ...DEFAULT_TIMEOUTS, ...file.timeouts },
    limits: toLimits(file.limits),
    ledger: {
      journal: resolveBeside(path, file.ledger?.journal ?? DEFAULT_JOURNAL),
      maxJournalBytes: parseOptionalSize(file.ledger?.maxJournal) ?? DEFAULT_MAX_JOURNAL_BYTES,
    },
    away: { serveKnownMs: file.away?.serveKnownMs ?? DEFAULT_SERVE_KNOWN_MS },
    drain: { ...DEFAULT_DRAIN, ...file.drain },
    ...toFlowConfig(file),
  };
}

function toDatabase(path: string, database = DEFAULT_DATABASE): string {
  return /^postgres(?:ql)?:\/\//.test(database) ? database : resolveBeside(path, database);
}

function toAccess(access: NonNullable<ConfigFile['access']>): AccessConfig {
  if (access === 'public') return { kind: 'public' };
  const { jwt, links } = access === 'granted' ? {} : access;
  return { kind: 'granted', jwt, maxLinkLifetimeMs: links?.maxLifetimeMs ?? DEFAULT_LINK_LIFETIME_MS };
}

function toLimits({ transfers, bytesPerSecond, principal = {} }: NonNullable<ConfigFile['limits']> = {}): LimitsConfig {
  const { transfers: each, bytesPerSecond: perSecond, bytesPerDay: perDay } = principal;
  return {
    transfers: transfers ?? DEFAULT_LIMITS.transfers,
    bytesPerSecond: parseOptionalSize(bytesPerSecond),
    principal: {
      ...(each === undefined ? {} : { transfers: each }),
      ...(perSecond === undefined ? {} : { bytesPerSecond: parseSize(perSecond) }),
      ...(perDay === undefined ? {} : { bytesPerDay: parseSize(perDay) }),
    },
  };
}

function parseOptionalSize(size: string | undefined): number | undefined {
  return size === undefined ? undefined : parseSize(size);
}

function toFlowConfig({ memory, readahead, park, minimumRate, kernel = 'auto' }: ConfigFile) {
  return {
    memory: {
      budgetBytes: memory?.budget === undefined ? DEFAULT_MEMORY.budgetBytes : parseSize(memory.budget),
      waitMs: memory?.waitMs ?? DEFAULT_MEMORY.waitMs,
    },
    readahead: {
      maxBytes: readahead?.maxBytes === undefined ? DEFAULT_READ_AHEAD.maxBytes : parseSize(readahead.maxBytes),
      connections: readahead?.connections ?? DEFAULT_READ_AHEAD.maxConnections,
    },
    park: { afterMs: park?.afterMs ?? DEFAULT_READ_AHEAD.parkAfterMs },
    minimumRate: minimumRate && { bytes: parseSize(minimumRate.bytes), windowMs: minimumRate.windowMs },
    kernel,
  };
}

function toStore(path: string, store: ConfigFile['stores'][string]): StoreConfig {
  if (store.type === 'file') return { type: 'file', root: resolveBeside(path, store.root) };
  const { endpoint, region, credentials, caFile } = store;
  return {
    type: 's3',
    endpoint: endpoint?.replace(/\/$/, ''),
    region,
    // A bucket's name in the host needs DNS for every bucket and a wildcard certificate: AWS has them, few others do.
    pathStyle: store.pathStyle ?? endpoint !== undefined,
    credentials,
    maxConnections: store.maxConnections ?? DEFAULT_MAX_CONNECTIONS,
    ca: caFile === undefined ? undefined : readFileSync(resolveBeside(path, caFile), 'utf8'),
  };
}
