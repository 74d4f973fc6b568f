// One request to a gateway and its answer, as administration over HTTP needs them.
import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/schema';
import { SluiceError } from '../errors.ts';
import { checkToken, parseServerUrl, toPath } from './remote-address.ts';
import { toRefusalError, toTransportError } from './remote-errors.ts';
import type { Words } from './remote-errors.ts';
import { readWhole } from './remote-text.ts';

export type RemoteOptions = {
  /** Where the gateway is: `https://data.example.org`, with a path where it is below one. */
  readonly serverUrl: string;
  readonly token: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
  /** Whether to send the token over plain HTTP to another machine. Default: false. */
  readonly allowInsecure?: boolean | undefined;
};

export type Ask = {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** To be sent as JSON. */
  readonly body?: unknown;
  /** NDJSON, in the place of a body. */
  readonly content?: AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
};

export type Found<Data> = { readonly data: Data; readonly isNew: boolean };

export type Exchange = {
  /** What is answered, if it is of the schema; nothing where what was asked for is not there. */
  find<Schema extends TSchema>(ask: Ask, schema: Schema): Promise<Found<Static<Schema>> | undefined>;
  /** The same for what is always there. */
  get<Schema extends TSchema>(ask: Ask, schema: Schema): Promise<Found<Static<Schema>>>;
  /** Whether there was something to take away. */
  remove(ask: Ask): Promise<boolean>;
  /** The content as it comes. Leaving the loop ends the exchange. */
  stream(ask: Ask): AsyncIterable<Uint8Array>;
};

/** A refusal is a few lines. */
const MAX_PROBLEM_BYTES = 64 << 10;

const NDJSON = 'application/x-ndjson';

export function createExchange({
  serverUrl,
  token,
  fetch: send = fetch,
  allowInsecure = false,
}: RemoteOptions): Exchange {
  const base = parseServerUrl(serverUrl, { allowInsecure });
  const { host } = new URL(base);
  const authorization = `Bearer ${checkToken(token)}`;

  /** An answer that is no refusal, or nothing where what was asked for is not there. */
  async function ask({ method, path, query = {}, body, content, signal }: Ask): Promise<Response | undefined> {
    const url = `${base}${toPath(path)}${toQuery(query)}`;
    const isSent = body !== undefined || content !== undefined;
    const mediaType = content === undefined ? 'application/json' : NDJSON;
    const sent = content && watchFailure(content);
    const response = await send(url, {
      method,
      signal,
      // Nobody else is to be sent the token.
      redirect: 'error',
      headers: { authorization, ...(isSent ? { 'content-type': mediaType } : {}) },
      ...(isSent ? { body: sent?.content ?? JSON.stringify(body), duplex: 'half' } : {}),
    }).catch((error: unknown): never => {
      throw sent?.failure() ?? toTransportError(error, { host, signal });
    });
    if (response.ok) return response;
    const words = withoutToken(await readWords(response), token);
    if (response.status === 404 && typeof words.absent === 'string') return undefined;
    throw toRefusalError({ status: response.status, retryAfter: response.headers.get('retry-after'), words });
  }

  async function* read(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (response.body) yield* response.body as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw toTransportError(error, { host, signal });
    }
  }

  async function find<Schema extends TSchema>(asked: Ask, schema: Schema): Promise<Found<Static<Schema>> | undefined> {
    const response = await ask(asked);
    if (!response) return undefined;
    const data = parseJson(await readWhole(read(response, asked.signal)));
    if (!Check(schema, data)) throw new SluiceError('origin-invalid', `${host} gives an answer that is none of ours`);
    return { data, isNew: response.status === 201 };
  }

  return {
    find,

    async get(asked, schema) {
      const found = await find(asked, schema);
      if (!found) throw new SluiceError('origin-invalid', `${host} says that it has none of what is always there`);
      return found;
    },

    async remove(asked) {
      const response = await ask(asked);
      await response?.body?.cancel();
      return response !== undefined;
    },

    async *stream(asked) {
      const response = await ask(asked);
      if (!response) throw new SluiceError('origin-invalid', `${host} says that it has none of what is always there`);
      yield* read(response, asked.signal);
    },
  };
}

/** Remembers why content could not be had, which `fetch` would tell as a failure of the network. */
function watchFailure(content: AsyncIterable<Uint8Array>) {
  let failed: { readonly error: unknown } | undefined;
  async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* content;
    } catch (error) {
      failed = { error };
      throw error;
    }
  }
  return { content: watched(), failure: () => failed?.error };
}

/** A server that repeats what it was sent does not get the token shown. */
function withoutToken(words: Words, token: string): Words {
  return JSON.parse(JSON.stringify(words).replaceAll(token, '…')) as Words;
}

function toQuery(query: Readonly<Record<string, string | number | undefined>>): string {
  const said = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = said.map(([name, value]) => {
    const plain = String(value);
    if (!plain.isWellFormed()) throw new SluiceError('bad-input', `got a ${name} with half a character`);
    return `${name}=${encodeURIComponent(plain)}`;
  });
  return text.length === 0 ? '' : `?${text.join('&')}`;
}

/** The words of a refusal, if it is one of ours. */
async function readWords(response: Response): Promise<Words> {
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  if (!isProblem || !response.body) {
    await response.body?.cancel();
    return {};
  }
  try {
    const problem = parseJson(await readWhole(response.body, { maxBytes: MAX_PROBLEM_BYTES }));
    return typeof problem === 'object' && problem !== null ? problem : {};
  } catch {
    return {};
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
