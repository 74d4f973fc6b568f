// Where a token may be sent: to the one server that was named, over nothing that others can read along.
import { SluiceError } from '../errors.ts';

/** RFC 6761 §6.3 and RFC 1122 §3.2.1.3: what never leaves the machine. */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** What a field of HTTP can hold as a token (RFC 9110 §11.2): another one would be told in an error. */
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** The URL that every path is added to, without a slash at its end. Throws `bad-input`. */
export function parseServerUrl(text: string, { allowInsecure }: { readonly allowInsecure: boolean }): string {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) refuse('want one like https://data.example.org');
  // None of it is repeated: it may be a secret.
  if (url.username !== '' || url.password !== '') refuse('it has a name or a password; want a token instead');
  if (url.search !== '' || url.hash !== '') refuse('it has a query or a fragment; want it without');
  if (url.protocol === 'http:' && !allowInsecure && !LOOPBACK.test(url.hostname)) {
    refuse(`${url.host} would be sent the token over plain HTTP; want https`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function refuse(reason: string): never {
  throw new SluiceError('bad-input', `the address of the server: ${reason}`);
}

/** Throws `bad-input`, without the token. */
export function checkToken(token: string): string {
  if (TOKEN.test(token)) return token;
  throw new SluiceError('bad-input', 'the token has characters that no token has, or is empty');
}

/** A path of these segments, each encoded. Throws `bad-input` for what a URL cannot name. */
export function toPath(segments: readonly string[]): string {
  return segments.map((segment) => `/${toSegment(segment)}`).join('');
}

function toSegment(segment: string): string {
  // Whatever reads a URL takes these two away, however they are encoded.
  const isPath = segment === '' || segment === '.' || segment === '..';
  if (isPath || !segment.isWellFormed()) {
    throw new SluiceError('bad-input', `got the name ${JSON.stringify(segment.slice(0, 200))}, which nothing has`);
  }
  return encodeURIComponent(segment);
}
