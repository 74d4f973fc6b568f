// The one error class of the house, and the union of everything that can go wrong in it.
// A foreign error (a socket's, S3's, SQLite's) becomes one of these once, at the boundary where it arrives.

/**
 * What went wrong, in the house's own words.
 *
 * - `bad-input`: an argument or a file that a person gave is not what it must be.
 * - `bad-config`: the configuration is not what it must be; the message names the key and the line.
 * - `not-found`: there is no such object.
 * - `changed`: the object is no longer the version that was pinned.
 * - `origin-denied`: the origin refused our credentials or our signature.
 * - `origin-unreachable`: no connection, or it was lost before the origin answered.
 * - `origin-timeout`: connected to or asked, the origin did not answer in time.
 * - `origin-busy`: the origin asked us to slow down (429, 503).
 * - `origin-failed`: the origin answered with a failure of its own (5xx).
 * - `origin-invalid`: the origin's answer breaks HTTP, or is not an answer to what was asked.
 * - `truncated`: the body ended before its length.
 * - `stalled`: the origin went silent in the middle of a body while it was being asked.
 * - `closed`: whoever held the body, or gave the signal, has closed it.
 * - `overloaded`: a limit of ours is reached; later it may work.
 * - `limited`: a limit of whoever asks is reached; later it may work.
 * - `unavailable`: what we depend on beside the stores (the database, an issuer of tokens) is away; later it may work.
 * - `disk-failed`: the disk is full, or cannot be read or written.
 * - `mismatch`: the bytes do not add up to the digest they came with.
 * - `misuse`: the caller broke a contract; a bug.
 */
export type ErrorCode =
  | 'bad-input'
  | 'bad-config'
  | 'not-found'
  | 'changed'
  | 'origin-denied'
  | 'origin-unreachable'
  | 'origin-timeout'
  | 'origin-busy'
  | 'origin-failed'
  | 'origin-invalid'
  | 'truncated'
  | 'stalled'
  | 'closed'
  | 'overloaded'
  | 'limited'
  | 'unavailable'
  | 'disk-failed'
  | 'mismatch'
  | 'misuse';

export type ErrorOptions = {
  /** Whether the same request may succeed if it is simply made again. Default: false. */
  readonly retryable?: boolean;
  /** When the origin said so: how long to wait before asking again, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
};

/** Every error that leaves a module of Sluice. `message` is for operators and logs, never for a client of the gateway. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Tells a `SluiceError` of one of `codes` (of any code when none is named) from everything else. */
export function isSluiceError(error: unknown, ...codes: readonly ErrorCode[]): error is SluiceError {
  return error instanceof SluiceError && (codes.length === 0 || codes.includes(error.code));
}
