// A client of the gateway, on a connection of its own for each request.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

export type Asked = {
  readonly url: string;
  readonly method?: string;
  readonly fields?: Readonly<Record<string, string>>;
};

export type Answered = { readonly status: number; readonly fields: IncomingHttpHeaders; readonly content: Buffer };

/** The head of the answer; the rest is the caller's to read or to destroy. */
export async function begin({ url, method = 'GET', fields = {} }: Asked): Promise<IncomingMessage> {
  const asked = request(url, { agent: false, method, headers: fields });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

/** The whole answer. Rejects when it is cut short. */
export async function ask(asked: Asked): Promise<Answered> {
  const response = await begin(asked);
  return { status: response.statusCode ?? 0, fields: response.headers, content: await buffer(response) };
}

/** The whole answer's SHA-256, in hex, however long it is. */
export async function askDigest(asked: Asked): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of (await begin(asked)) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
