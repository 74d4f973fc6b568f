// Which bucket and which key a request means: path style, or the bucket as the first part of the host's name.

import { isIP } from 'node:net';

import { parseTarget } from './aws-uri.ts';
import type { Query } from './aws-uri.ts';
import { S3Error } from './s3-error.ts';

export type Target = {
  /** Decoded, as it was sent. */
  readonly path: string;
  readonly query: Query;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
};

type Names = { has(name: string): boolean };

/** Answers an error for a URL that isn't percent-encoded UTF-8. */
export function readTarget(url: string, host: string | undefined, buckets: Names): Target | S3Error {
  const parsed = parseTarget(url);
  if (!parsed) return new S3Error('InvalidURI', { URI: url });
  const { path, query } = parsed;
  const hostBucket = bucketOfHost(host ?? '', buckets);
  if (hostBucket !== undefined) return { path, query, bucket: hostBucket, key: path.slice(1) || undefined };
  const slash = path.indexOf('/', 1);
  if (slash < 0) return { path, query, bucket: path.slice(1) || undefined, key: undefined };
  return { path, query, bucket: path.slice(1, slash), key: path.slice(slash + 1) || undefined };
}

/** The name of a bucket may have dots in it: every piece of the host that ends before a dot is tried. */
function bucketOfHost(host: string, buckets: Names): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (isIP(name) !== 0) return undefined;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    if (buckets.has(name.slice(0, dot))) return name.slice(0, dot);
  }
  return undefined;
}
