// For the tests of this folder: one request on a connection of its own, signed or not, with whatever path and headers.

import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

export const CREDENTIALS = { accessKeyId: 'LABKEY', secretAccessKey: 'lab/secret+key' };

export type Asked = {
  readonly url: string;
  readonly method?: string;
  /** As it goes on the wire, encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

export type Answered = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer };

export async function ask(asked: Asked): Promise<Answered> {
  const response = await askForHead(asked);
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
}

/** The body stays unread, and the connection open. */
export async function askForHead({ url, method = 'GET', path, headers = {}, body }: Asked): Promise<IncomingMessage> {
  const { hostname, port } = new URL(url);
  const message = request({ agent: false, hostname, port, method, path, headers });
  // A connection that breaks after the head is told of by the response as well; before it, by the `once` below.
  message.on('error', () => {});
  message.end(body);
  const [response] = (await once(message, 'response')) as [IncomingMessage];
  return response;
}

/** A connection on which the test itself writes the request. */
export async function connectTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Resolves with whether it closed by an error. */
export function closed(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => socket.once('close', resolve));
}

/** Reads until so many bytes have come, head and all, and goes on reading. */
export function received(socket: Socket, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    socket.on('data', () => {
      if (socket.bytesRead >= bytes) resolve();
    });
  });
}

export type Signing = { readonly region?: string; readonly date?: Date; readonly secret?: string };

/** The headers that make a request signed, by the signer that the AWS SDK uses. */
export async function signedHeaders(
  { url, method = 'GET', path, headers = {} }: Asked,
  { region = 'us-east-1', date = new Date(), secret = CREDENTIALS.secretAccessKey }: Signing = {},
): Promise<Readonly<Record<string, string>>> {
  const signer = new SignatureV4({
    credentials: { ...CREDENTIALS, secretAccessKey: secret },
    region,
    service: 's3',
    sha256: Sha256,
    // S3 alone among the services has its paths signed as they are.
    uriEscapePath: false,
    applyChecksum: true,
  });
  const { host, hostname, protocol } = new URL(url);
  const [rawPath = '', rawQuery = ''] = path.split('?');
  const signed = await signer.sign(
    {
      method,
      protocol,
      hostname,
      path: rawPath,
      query: Object.fromEntries(new URLSearchParams(rawQuery)),
      headers: { host, ...headers },
    },
    { signingDate: date },
  );
  return signed.headers;
}
