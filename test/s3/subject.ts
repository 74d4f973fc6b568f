// A server under test, asked by hand: requests that no client of ours would send, and answers as they come.
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { syntheticBytes } from '../../src/lab/origin/synthetic-bytes.ts';
import { parseEndpoint, toAddress } from '../../src/source/s3-address.ts';
import { createS3Signer } from '../../src/source/s3-signer.ts';
import type { S3Server } from './server.ts';
import { Store } from './store.ts';

export const SIZE = 1_000;
export const KEY = 'object';
export const PARTS_KEY = 'in parts';

const PARTS_BYTES = 6 << 20;

/** So large that the kernels on the way do not hold it. */
const LARGE_BYTES = 40 << 20;

/** Between the end of a PUT and the rest of a GET: s3rver answers before its file is written. */
const SETTLE_MS = 500;

export type Question = {
  /** Default: an object of 1,000 bytes. Null for the bucket itself. */
  readonly key?: string | null;
  readonly method?: 'GET' | 'HEAD';
  readonly query?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
  /** Instead of the right one. */
  readonly secretAccessKey?: string;
};

/** Its owner calls `close()`. */
export class Subject {
  readonly #server: S3Server;
  readonly #store: Store;
  #bucket = '';
  /** Of the object, in quotes. */
  etag = '';
  /** Of the object that was uploaded in two parts. */
  partsEtag = '';

  constructor(server: S3Server) {
    this.#server = server;
    this.#store = new Store(server);
  }

  /** Puts what the questions are about. */
  async prepare(): Promise<void> {
    const bucket = await this.#store.createBucket();
    this.#bucket = bucket;
    this.etag = await this.#store.put({ bucket, key: KEY }, { seed: 1, size: SIZE });
    this.partsEtag = await this.#store.put({ bucket, key: PARTS_KEY }, { seed: 2, size: PARTS_BYTES }, 'multipart');
  }

  close(): void {
    this.#store.close();
  }

  /** The head of an answer. Its content is the caller's. */
  async begin({
    key = KEY,
    query = {},
    fields = {},
    method = 'GET',
    secretAccessKey,
  }: Question): Promise<IncomingMessage> {
    const { endpoint, region, credentials } = this.#server;
    const parsed = parseEndpoint(endpoint, { region, pathStyle: true, ca: undefined });
    const address = toAddress(parsed, this.#bucket, key ?? undefined);
    const secret = secretAccessKey === undefined ? {} : { secretAccessKey };
    const signed = await createS3Signer({ region, credentials: { ...credentials, ...secret } }).sign({
      method,
      address,
      query,
    });
    const search = new URLSearchParams(query).toString();
    const asked = request({
      agent: false,
      host: parsed.host,
      port: parsed.port,
      method,
      path: search ? `${address.path}?${search}` : address.path,
      headers: { ...fields, ...Object.fromEntries(signed) },
    });
    // Swift ends its errors to HEAD as if they had content, which Node takes for an error after the answer.
    asked.on('error', () => {});
    asked.end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return response;
  }

  /** The status, and which bytes the answer says it has, or that it has more than were asked for. */
  async answer(question: Question): Promise<string> {
    const response = await this.begin(question);
    const { length } = await buffer(response);
    const { 'content-range': range, 'content-type': type = '' } = response.headers;
    if (type.startsWith('multipart/byteranges')) return `${response.statusCode}, multipart`;
    const shown = range === undefined ? '' : `, \`${range}\``;
    const isWhole = response.statusCode === 206 && length === SIZE;
    return `${response.statusCode}${shown}${isWhole ? ', everything' : ''}`;
  }

  /** A field of the answer. */
  async field(question: Question, name: string): Promise<string | undefined> {
    const response = await this.begin(question);
    response.resume();
    return response.headers[name]?.toString();
  }

  /** The first listed key, as its document has it, that begins like this; or another element. */
  async listed(pattern: RegExp): Promise<string> {
    const response = await this.begin({ key: null, query: { 'list-type': '2', 'encoding-type': 'url' } });
    return pattern.exec((await buffer(response)).toString())?.[1] ?? '';
  }

  /** What becomes of an object that is put under this key. */
  async keep(key: string): Promise<string> {
    const before = await this.#keys();
    try {
      await this.#store.client.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: 'x' }));
    } catch {
      return 'refused';
    }
    const added = (await this.#keys()).filter((listed) => !before.includes(listed));
    if (added.includes(key)) return 'kept';
    return added.length === 0 ? 'kept outside of the bucket' : `kept as \`${added.join('`, `')}\``;
  }

  /** What a GET under way goes on with when its object is put again, without being deleted first. */
  async replaceDuringGet(): Promise<string> {
    const place = { bucket: this.#bucket, key: 'replaced' };
    await this.#store.put(place, { seed: 3, size: LARGE_BYTES });
    const response = await this.begin({ key: place.key });
    await this.#store.put(place, { seed: 4, size: LARGE_BYTES });
    await delay(SETTLE_MS);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    } catch {
      return 'is cut';
    }
    const isOld = Buffer.concat(chunks).equals(syntheticBytes({ seed: 3, offset: 0, length: LARGE_BYTES }));
    return isOld ? 'the old version' : 'the bytes of the new one, under the old ETag';
  }

  async #keys(): Promise<readonly string[]> {
    const response = await this.begin({ key: null, query: { 'list-type': '2' } });
    return [...(await buffer(response)).toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
  }
}
