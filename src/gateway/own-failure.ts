// A failure of something of our own (access, the catalog, the bundles, the limits), as whoever asked it for a client passes it on.
import { SluiceError, isSluiceError } from '../errors.ts';

/**
 * What may be over in a moment is worth telling. All else is our failure, `what` in words for the operator: what it calls
 * bad input is its database, and not what the client sent.
 */
export function toOwnFailure(cause: unknown, what: string): SluiceError {
  return isSluiceError(cause, 'overloaded', 'unavailable', 'closed')
    ? cause
    : new SluiceError('misuse', what, { cause });
}
