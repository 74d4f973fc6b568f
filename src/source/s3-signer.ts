// Signature Version 4 for requests without content. Range and If-Match are left out of the signature, as the
// standard allows, so that one signature serves every range of an object for a while; signing anew each time would
// cost more than the whole rest of a small request.
import { createHash, createHmac } from 'node:crypto';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { SignatureV4 } from '@smithy/signature-v4';
import { LRUCache } from 'lru-cache';
import { SluiceError } from '../errors.ts';
import type { S3Address } from './s3-address.ts';

/** S3 accepts a signature for 15 minutes; a minute keeps far from that even when the clocks differ. */
const REUSE_MS = 60_000;

/** Objects that are hot at the same time. An entry is some 500 bytes. */
const MAX_REUSED = 10_000;

const EMPTY_SHA256 = createHash('sha256').digest('hex');

type Identity = Awaited<ReturnType<ReturnType<typeof defaultProvider>>>;

export type S3Credentials =
  | 'anonymous'
  | { readonly profile: string }
  | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

export type SignableRequest = {
  readonly method: 'GET' | 'HEAD';
  readonly address: S3Address;
  readonly query: Readonly<Record<string, string>>;
  /** Fields of Amazon's own (x-amz-*), all of which a signature has to cover. */
  readonly fields?: Readonly<Record<string, string>>;
};

export type Fields = readonly (readonly [name: string, value: string])[];

export interface S3Signer {
  /** The fields that authenticate a request, Host among them. Rejects with `origin-denied` without credentials. */
  sign(request: SignableRequest): Fields | Promise<Fields>;
  /** Forgets the signature of a request that the origin refused, and so the credentials it was made with. */
  forget(request: SignableRequest): void;
}

/** SHA-256 and its HMAC in the shape that the signer asks for. */
class NodeSha256 {
  readonly #secret: string | ArrayBuffer | ArrayBufferView | undefined;
  #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#secret = secret;
    this.#hash = this.#begin();
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(toHashable(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    this.#hash = this.#begin();
  }

  #begin() {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', toHashable(this.#secret));
  }
}

function toHashable(data: string | ArrayBuffer | ArrayBufferView): string | Uint8Array {
  if (typeof data === 'string') return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** A request object stands for the same request for as long as it lives. */
const KEYS = new WeakMap<SignableRequest, string>();

function toKey(request: SignableRequest): string {
  let key = KEYS.get(request);
  if (key === undefined) {
    const { method, address, query, fields } = request;
    key = `${method} ${address.host}${address.path}?${new URLSearchParams(query).toString()}`;
    if (fields) key += ` ${new URLSearchParams(fields).toString()}`;
    KEYS.set(request, key);
  }
  return key;
}

/** A signer for one store. Without `credentials`, AWS's default chain is asked, and asked again when they expire. */
export function createS3Signer(options: {
  readonly region: string;
  readonly credentials: S3Credentials | undefined;
}): S3Signer {
  const { region, credentials } = options;
  if (credentials === 'anonymous') {
    return {
      sign: ({ address, fields = {} }) => [['host', address.host], ...Object.entries(fields)],
      forget: () => {},
    };
  }
  // The chain remembers what it found and refreshes it some minutes before it expires.
  const given = credentials !== undefined && 'accessKeyId' in credentials ? credentials : undefined;
  const chain = given ? undefined : defaultProvider(credentials && 'profile' in credentials ? credentials : {});
  const provider = async (): Promise<Identity> => given ?? (await chain!());
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: provider,
    sha256: NodeSha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const reused = new LRUCache<string, Fields>({ max: MAX_REUSED, ttl: REUSE_MS });

  async function signAnew(request: SignableRequest, key: string): Promise<Fields> {
    let expiresMs: number;
    try {
      expiresMs = (await provider()).expiration?.getTime() ?? Infinity;
    } catch (cause) {
      throw new SluiceError('origin-denied', 'no S3 credentials were found', { cause });
    }
    const signed = await signer.sign({
      method: request.method,
      protocol: request.address.origin.tls ? 'https:' : 'http:',
      hostname: request.address.host,
      path: request.address.path,
      query: request.query,
      headers: { host: request.address.host, 'x-amz-content-sha256': EMPTY_SHA256, ...request.fields },
    });
    const fields = Object.entries(signed.headers);
    const ttl = Math.min(REUSE_MS, expiresMs - Date.now());
    if (ttl > 0) reused.set(key, fields, { ttl });
    return fields;
  }

  return {
    sign: (request) => {
      const key = toKey(request);
      return reused.get(key) ?? signAnew(request, key);
    },
    forget: (request) => {
      reused.delete(toKey(request));
    },
  };
}
