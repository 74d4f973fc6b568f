// Where an object of an S3 store is asked for: which host, which path. Path style puts the bucket into the path,
// virtual-host style into the host name (Amazon S3 User Guide, "Virtual hosting of general purpose buckets").
import { SluiceError } from '../errors.ts';
import type { OriginAddress } from '../wire/connection.ts';

/** Wider than S3's own rule, because other servers are; narrow enough that a name cannot leave its place in a URL. */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

/** S3's limit on a key, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

export type S3Endpoint = {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly ca?: string;
  readonly pathStyle: boolean;
};

export type S3Address = {
  readonly origin: OriginAddress;
  /** The Host field: with the port unless it is the scheme's own. */
  readonly host: string;
  /** Percent-encoded once, as it is signed and sent. */
  readonly path: string;
};

/** Reads the endpoint of a store; without one it is Amazon's in that region. Throws `bad-config`. */
export function parseEndpoint(
  endpoint: string | undefined,
  options: { readonly region: string; readonly pathStyle: boolean | undefined; readonly ca: string | undefined },
): S3Endpoint {
  const text = endpoint ?? `https://s3.${options.region}.amazonaws.com`;
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new SluiceError('bad-config', `an S3 endpoint is an http or https URL, not ${JSON.stringify(text)}`);
  }
  if (url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    throw new SluiceError('bad-config', `an S3 endpoint has a host and a port and nothing else: ${url.origin}`);
  }
  const secure = url.protocol === 'https:';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port ? Number(url.port) : secure ? 443 : 80,
    secure,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    pathStyle: options.pathStyle ?? endpoint !== undefined,
  };
}

/** Percent-encodes everything but RFC 3986's unreserved characters, as Signature Version 4 wants it. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function encodeKey(key: string): string {
  if (!key.isWellFormed() || Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new SluiceError('not-found', `no S3 store has a key that is not Unicode or is over ${MAX_KEY_BYTES} bytes`);
  }
  return key.split('/').map(percentEncode).join('/');
}

/** Where to ask for `key` in `bucket`; for the bucket itself without a key. Throws `not-found` for impossible names. */
export function toAddress(endpoint: S3Endpoint, bucket: string, key?: string): S3Address {
  if (!BUCKET.test(bucket))
    throw new SluiceError('not-found', `${JSON.stringify(bucket)} cannot be the name of a bucket`);
  // A wildcard certificate covers one label, so a bucket with dots has no host name of its own under TLS.
  const inPath = endpoint.pathStyle || (endpoint.secure && bucket.includes('.'));
  const hostname = inPath ? endpoint.host : `${bucket}.${endpoint.host}`;
  const shownHost = hostname.includes(':') ? `[${hostname}]` : hostname;
  const standardPort = endpoint.secure ? 443 : 80;
  const keyPath = key === undefined ? '' : encodeKey(key);
  return {
    origin: {
      host: hostname,
      port: endpoint.port,
      ...(endpoint.secure ? { tls: endpoint.ca === undefined ? {} : { ca: endpoint.ca } } : {}),
    },
    host: endpoint.port === standardPort ? shownHost : `${shownHost}:${endpoint.port}`,
    path: inPath ? `/${bucket}${key === undefined ? '' : '/'}${keyPath}` : `/${keyPath}`,
  };
}
