// A response read the plain way, from all of its bytes at once and the end of the connection after them: what an
// exchange must have made of it, however it was cut on its way.
import { isSluiceError } from '../errors.ts';
import { toFraming } from './framing.ts';
import { parseResponseHead } from './response-head.ts';
import type { ResponseHead } from './response-head.ts';

export type Reference =
  | { readonly kind: 'whole'; readonly head: ResponseHead; readonly body: Buffer }
  /** `body` is the most that a reader may have got before the failure. */
  | { readonly kind: 'failed'; readonly body: Buffer };

const END_OF_HEAD = '\r\n\r\n';
const MAX_INTERIM_RESPONSES = 8;
const CHUNK_SIZE = /([0-9a-f]{1,13})(?:;[^\r\n]*)?\r\n/iy;
const TRAILER = /([^\r\n]*)\r\n/y;

function take(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function decodeChunks(text: string): { readonly body: string; readonly isWhole: boolean } {
  let body = '';
  for (let at = 0; ;) {
    const line = take(CHUNK_SIZE, text, at);
    if (!line) return { body, isWhole: false };
    at += line[0].length;
    const size = Number.parseInt(line[1] ?? '', 16);
    if (size === 0) return { body, isWhole: endsAfterTrailers(text, at) };
    const data = text.slice(at, at + size);
    body += data;
    at += size;
    if (text.slice(at, at + 2) !== '\r\n') return { body, isWhole: false };
    at += 2;
  }
}

function endsAfterTrailers(text: string, start: number): boolean {
  for (let at = start; ;) {
    const line = take(TRAILER, text, at);
    if (!line) return false;
    if (line[1] === '') return true;
    at += line[0].length;
  }
}

function readFinal(text: string): { head: ResponseHead; rest: string } | undefined {
  let rest = text;
  for (let interim = 0; interim <= MAX_INTERIM_RESPONSES; interim += 1) {
    const end = rest.indexOf(END_OF_HEAD);
    if (end < 0) return undefined;
    const head = parseResponseHead(rest.slice(0, end));
    rest = rest.slice(end + END_OF_HEAD.length);
    if (head.status >= 200) return { head, rest };
    if (head.status === 101) return undefined;
  }
  return undefined;
}

export function readReference(method: 'GET' | 'HEAD', bytes: Buffer): Reference {
  try {
    const final = readFinal(bytes.toString('latin1'));
    if (!final) return { kind: 'failed', body: Buffer.alloc(0) };
    const { head, rest } = final;
    const framing = toFraming(method, head);
    let body = '';
    let isWhole = true;
    if (framing.kind === 'chunked') {
      ({ body, isWhole } = decodeChunks(rest));
    } else if (framing.kind === 'length') {
      body = rest.slice(0, framing.bytes);
      isWhole = body.length === framing.bytes;
    } else if (framing.kind === 'until-close') {
      body = rest;
    }
    const read = Buffer.from(body, 'latin1');
    return isWhole ? { kind: 'whole', head, body: read } : { kind: 'failed', body: read };
  } catch (error) {
    if (!isSluiceError(error, 'origin-invalid')) throw error;
    return { kind: 'failed', body: Buffer.alloc(0) };
  }
}
