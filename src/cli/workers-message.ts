// What `sluice serve` and its workers say to each other over the channel between them. It is a pair of sockets that
// nobody else has, so a configuration may travel over it with the secrets in it.
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { ServeConfig } from './config.ts';

export type ToWorker =
  /** The first message: what to serve. */
  | { readonly kind: 'begin'; readonly config: ServeConfig }
  /** Give up in order. */
  | { readonly kind: 'stop' };

export type FromWorker =
  /** It listens, at this URL. */
  | { readonly kind: 'ready'; readonly url: string }
  /** It cannot begin, and ends. */
  | { readonly kind: 'failed'; readonly failure: Failure };

/** An error as far as the other process has to know it. */
export type Failure = { readonly code: ErrorCode | undefined; readonly message: string };

export function toFailure(error: unknown): Failure {
  if (error instanceof SluiceError) return { code: error.code, message: error.message };
  return { code: undefined, message: error instanceof Error ? error.message : String(error) };
}

/** The error that `toFailure` was given, to be reported as if it had happened here. */
export function toError({ code, message }: Failure): Error {
  return code === undefined ? new Error(message) : new SluiceError(code, message);
}
