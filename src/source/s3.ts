// Objects in any store that speaks S3. An origin is sent one plain range with If-Match and nothing cleverer: how it
// treats other conditions differs from server to server, so those are evaluated on our side.
import { LRUCache } from 'lru-cache';
import { SluiceError, isSluiceError } from '../errors.ts';
import { WireClient } from '../wire/client.ts';
import type { ExchangeWishes } from '../wire/exchange-options.ts';
import type { Exchange } from '../wire/exchange.ts';
import { toWireRequest } from '../wire/request.ts';
import type { SlabPool } from '../wire/slab-pool.ts';
import { DEFAULT_RETRY_POLICY, withRetries } from './retry.ts';
import type { RetryPolicy } from './retry.ts';
import { parseEndpoint, toAddress } from './s3-address.ts';
import { readText, toAnswerError, toStat } from './s3-answer.ts';
import { ATTRIBUTES_FIELDS, MAX_ATTRIBUTES_BYTES, createPartSizeQuestion } from './s3-attributes.ts';
import { openS3Body } from './s3-body.ts';
import { MAX_PAGE_BYTES, parseListPage, toListQuery } from './s3-list.ts';
import type { ListPage } from './s3-list.ts';
import { createS3Signer } from './s3-signer.ts';
import type { Fields, S3Credentials, SignableRequest } from './s3-signer.ts';
import { compareKeys } from './source.ts';
import type { Body, ListRequest, ObjectName, OpenRequest, Source, Stat } from './source.ts';

/** S3 closes an idle connection after some 20 s; the side that closes first is never surprised by the other. */
const IDLE_TIMEOUT_MS = 15_000;

/** Objects that are asked for again and again; each takes some 300 bytes. */
const MAX_HOT_OBJECTS = 10_000;

const DEFAULT_TIMEOUTS = { connectMs: 5_000, headMs: 30_000, upstreamStallMs: 30_000 };

export type S3SourceOptions = {
  /** An http or https URL with host and port alone. Default: Amazon's in `region`. */
  readonly endpoint?: string | undefined;
  readonly region: string;
  /** Default: true with an endpoint, false for Amazon. */
  readonly pathStyle?: boolean | undefined;
  /** Default: AWS's credential chain (environment, files, container, instance), refreshed before it expires. */
  readonly credentials?: S3Credentials | undefined;
  /** Default: 1024. Every open body that is being read has one. */
  readonly maxConnections?: number | undefined;
  readonly timeouts?: Partial<typeof DEFAULT_TIMEOUTS> | undefined;
  /** PEM certificates to trust for an https endpoint, instead of the system's. */
  readonly ca?: string | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** Told when the store asks us to slow down, also where it is then asked again. */
  readonly onBusy?: ((retryAfterMs: number | undefined) => void) | undefined;
  readonly slabs: SlabPool;
};

/** An S3 store that also tells how many connections it has, for metrics and tests. */
export type S3Source = Source & { readonly openConnections: number; readonly idleConnections: number };

type Take<T> = (exchange: Exchange) => Promise<T>;

function toQuery(object: ObjectName): Record<string, string> {
  return object.versionId === undefined ? {} : { versionId: object.versionId };
}

/** The path and the query, as the signer has canonicalized them. */
function toTarget({ address, query }: SignableRequest): string {
  if (Object.keys(query).length === 0) return address.path;
  return `${address.path}?${new URLSearchParams(query).toString().replaceAll('+', '%20')}`;
}

/** Throws `bad-config`. Its owner calls `close()`. */
export function createS3Source(options: S3SourceOptions): S3Source {
  const { region, pathStyle, ca, slabs, onBusy, retry = DEFAULT_RETRY_POLICY } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const endpoint = parseEndpoint(options.endpoint, { region, pathStyle, ca });
  const signer = createS3Signer({ region, credentials: options.credentials });
  const gets = new LRUCache<string, SignableRequest>({ max: MAX_HOT_OBJECTS });
  const client = new WireClient({
    slabs,
    maxConnections: options.maxConnections ?? 1024,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    connectTimeoutMs: timeouts.connectMs,
    queueTimeoutMs: timeouts.headMs,
    headTimeoutMs: timeouts.headMs,
    stallTimeoutMs: timeouts.upstreamStallMs,
  });

  function send(request: SignableRequest, fields: Fields, wishes?: ExchangeWishes): Exchange {
    const wired = toWireRequest(request.method, toTarget(request), fields);
    return client.exchange(request.address.origin, wired, wishes);
  }

  /** The request for an object, made once for many ranges of it. */
  function toGet(object: ObjectName): SignableRequest {
    const name = `${object.bucket}/${object.key}?${object.versionId ?? ''}`;
    let request = gets.get(name);
    if (!request) {
      request = { method: 'GET', address: toAddress(endpoint, object.bucket, object.key), query: toQuery(object) };
      gets.set(name, request);
    }
    return request;
  }

  /** Asks for a small answer, and hands it to `take` while its exchange is open. */
  async function askOnce<T>(request: SignableRequest, signal: AbortSignal, take: Take<T>): Promise<T> {
    const signed = await signer.sign(request);
    if (signal.aborted) throw new SluiceError('closed', 'the request was given up');
    const exchange = send(request, signed);
    const onAbort = () => exchange.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const head = await exchange.head;
      if (head.status !== 200) throw await toAnswerError(head, exchange);
      return await take(exchange);
    } catch (error) {
      if (isSluiceError(error, 'origin-denied')) signer.forget(request);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      exchange.close();
    }
  }

  /** As `askOnce`, and again if need be. */
  function ask<T>(request: SignableRequest, signal: AbortSignal, take: Take<T>): Promise<T> {
    return withRetries(
      retry,
      () => signal,
      () => askOnce(request, signal, take),
    );
  }

  const completeStat = createPartSizeQuestion((object, signal) => {
    const address = toAddress(endpoint, object.bucket, object.key);
    const query = { ...toQuery(object), attributes: '' };
    return askOnce({ method: 'GET', address, query, fields: ATTRIBUTES_FIELDS }, signal, (exchange) =>
      readText(exchange, MAX_ATTRIBUTES_BYTES),
    );
  });

  async function stat(object: ObjectName, { signal }: { readonly signal: AbortSignal }): Promise<Stat> {
    const address = toAddress(endpoint, object.bucket, object.key);
    const stat = await ask({ method: 'HEAD', address, query: toQuery(object) }, signal, async (exchange) =>
      toStat(await exchange.head),
    );
    return completeStat(stat, { object, signal });
  }

  function open(request: OpenRequest): Body {
    const { object, range, version, fresh, slabBytes } = request;
    const isWhole = range.start === 0 && range.end === version.size;
    const conditions: [string, string][] = [['if-match', version.etag]];
    if (!isWhole) conditions.push(['range', `bytes=${range.start}-${range.end - 1}`]);
    return openS3Body(request, {
      retry,
      sign: () => signer.sign(toGet(object)),
      send: (signed) => send(toGet(object), [...signed, ...conditions], { fresh, slabBytes }),
      failed: (error) => {
        if (isSluiceError(error, 'origin-denied')) signer.forget(toGet(object));
        if (isSluiceError(error, 'origin-busy')) onBusy?.(error.retryAfterMs);
      },
    });
  }

  async function listPage(request: ListRequest, continuationToken: string | undefined): Promise<ListPage> {
    const { bucket, prefix, after } = request;
    const query = toListQuery(prefix, { after, continuationToken });
    const signable: SignableRequest = { method: 'GET', address: toAddress(endpoint, bucket), query };
    return ask(signable, request.signal, async (exchange) => parseListPage(await readText(exchange, MAX_PAGE_BYTES)));
  }

  async function* list(request: ListRequest) {
    let token: string | undefined;
    do {
      const page: ListPage = await listPage(request, token);
      for (const object of page.objects) {
        if (request.signal.aborted) throw new SluiceError('closed', 'the listing was given up');
        // Not every server knows where to begin.
        if (request.after === undefined || compareKeys(object.key, request.after) > 0) yield object;
      }
      token = page.continuationToken;
    } while (token !== undefined);
  }

  return {
    stat,
    open,
    list,
    close: () => client.close(),
    get openConnections() {
      return client.openConnections;
    },
    get idleConnections() {
      return client.idleConnections;
    },
  };
}
