// What a gateway refuses, or why it is not reached, in the house's words. A title is the server's own, made fit to be
// shown; the token is in none of it.
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

const MAX_WORDS_LENGTH = 500;

/** What would move a terminal's cursor or end a line. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** As far as problem details (RFC 9457) are looked at. */
export type Words = { readonly title?: unknown; readonly detail?: unknown; readonly absent?: unknown };

export type Refused = {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Of a content that is problem details; else empty. */
  readonly words: Words;
};

/** Statuses that say more than their class. */
const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'origin-denied'],
  [403, 'origin-denied'],
  [404, 'not-found'],
  [408, 'unavailable'],
  [429, 'limited'],
  [503, 'unavailable'],
]);

/** What whoever asked has got wrong, and may put right. */
const BAD_INPUT: readonly number[] = [400, 409, 413, 415, 422];

export function toRefusalError({ status, retryAfter, words }: Refused): SluiceError {
  const code = codeOf(status);
  const retryable = code === 'unavailable' || code === 'limited';
  const seconds = retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  const said = [words.title, words.detail].filter((text) => typeof text === 'string').map(toShowable);
  const message = said.length === 0 ? `the server answers ${status}` : said.join(': ');
  return new SluiceError(code, message, {
    retryable,
    ...(seconds === undefined ? {} : { retryAfterMs: seconds * 1000 }),
  });
}

function codeOf(status: number): ErrorCode {
  if (BAD_INPUT.includes(status)) return 'bad-input';
  return CODES.get(status) ?? (status >= 500 ? 'origin-failed' : 'origin-invalid');
}

export function toShowable(text: string): string {
  return text.toWellFormed().replaceAll(UNSHOWABLE, ' ').slice(0, MAX_WORDS_LENGTH);
}

/** For what `fetch` rejects with. It is kept out of the error: what it holds on to has the token. */
export function toTransportError(
  error: unknown,
  { host, signal }: { readonly host: string; readonly signal: AbortSignal },
): SluiceError {
  if (error instanceof SluiceError) return error;
  if (signal.aborted) return new SluiceError('closed', 'it was given up');
  const code = codeIn(error);
  const why = code === undefined ? '' : ` (${code})`;
  return new SluiceError('unavailable', `${host} does not answer, or not to the end${why}`, { retryable: true });
}

/** The code of the socket's or the resolver's failure. */
function codeIn(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return undefined;
}
