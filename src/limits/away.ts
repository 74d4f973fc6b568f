// What the limits say when the database cannot be asked.
import { SluiceError } from '../errors.ts';

/** A client is told to ask again after so long: by then a restart of the database may be over. */
const RETRY_AFTER_MS = 2_000;

export function toUnavailable(what: string, cause?: unknown): SluiceError {
  return new SluiceError('unavailable', `${what}: the database is away`, {
    cause,
    retryable: true,
    retryAfterMs: RETRY_AFTER_MS,
  });
}
