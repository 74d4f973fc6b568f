// How an object's place is written on the command line: STORE:BUCKET/KEY for a store that speaks S3, STORE:PATH for
// a folder, and s3://BUCKET/KEY where it is clear which S3 store is meant.
import { SluiceError } from '../errors.ts';
import type { StoreConfig } from './config.ts';
import { nearest } from './nearest.ts';

export type Location = { readonly store: string; readonly bucket: string; readonly key: string };

export type LocationOptions = {
  readonly stores: ReadonlyMap<string, StoreConfig>;
  /** The store that was named apart, with --store. */
  readonly store: string | undefined;
};

const S3_SCHEME = 's3://';

/** The place that the text means; its key is empty where a whole bucket or store is meant. Throws `bad-input`. */
export function parseLocation(text: string, options: LocationOptions): Location {
  return text.startsWith(S3_SCHEME) ? parseS3Url(text, options) : parseStorePath(text, options);
}

/** The one spelling that `parseLocation` reads with any configuration. */
export function formatLocation({ store, bucket, key }: Location): string {
  return bucket === '' ? `${store}:${key}` : `${store}:${bucket}/${key}`;
}

function parseS3Url(text: string, { stores, store }: LocationOptions): Location {
  const s3Stores = [...stores].filter(([, { type }]) => type === 's3').map(([name]) => name);
  const name = store ?? (s3Stores.length === 1 ? s3Stores[0] : undefined);
  if (name === undefined) {
    const got = s3Stores.length === 0 ? 'the configuration has no S3 store' : 'there are several S3 stores';
    const want = s3Stores.length === 0 ? `STORE:PATH with ${list(stores.keys())}` : `--store ${s3Stores.join(' or ')}`;
    throw new SluiceError('bad-input', `got ${text}, but ${got}; want ${want}`);
  }
  if (requireStore(name, stores).type !== 's3') {
    throw new SluiceError('bad-input', `got ${text} in the store ${name}, which is a folder; want ${name}:PATH`);
  }
  return { store: name, ...splitBucket(text.slice(S3_SCHEME.length), text) };
}

function parseStorePath(text: string, { stores, store }: LocationOptions): Location {
  const colon = text.indexOf(':');
  if (colon <= 0) {
    const name = store ?? stores.keys().next().value ?? 'STORE';
    const path = stores.get(name)?.type === 'file' ? 'PATH' : 'BUCKET/KEY';
    throw new SluiceError('bad-input', `got ${JSON.stringify(text)}, want a store and a place in it, ${name}:${path}`);
  }
  const name = text.slice(0, colon);
  if (store !== undefined && store !== name) {
    throw new SluiceError('bad-input', `got the store ${name} in ${text} and ${store} after --store, want one store`);
  }
  const path = text.slice(colon + 1);
  if (requireStore(name, stores).type === 's3') return { store: name, ...splitBucket(path, text) };
  return { store: name, bucket: '', key: path };
}

function requireStore(name: string, stores: ReadonlyMap<string, StoreConfig>): StoreConfig {
  const store = stores.get(name);
  if (store) return store;
  const meant = nearest(name, [...stores.keys()]);
  throw new SluiceError('bad-input', `got the store ${JSON.stringify(name)}, want ${meant ?? list(stores.keys())}`);
}

function splitBucket(path: string, text: string): { readonly bucket: string; readonly key: string } {
  const slash = path.indexOf('/');
  const bucket = slash < 0 ? path : path.slice(0, slash);
  if (bucket === '') throw new SluiceError('bad-input', `got ${text}, which names no bucket; want BUCKET/KEY in it`);
  return { bucket, key: slash < 0 ? '' : path.slice(slash + 1) };
}

function list(names: Iterable<string>): string {
  return `one of ${[...names].join(', ')}`;
}
