// What a failing system call on a file means in the house's own words. Whatever is not a readable file below the root is
// `not-found`, so that nobody learns what else exists.
import { isSluiceError, SluiceError, type ErrorCode } from '../errors.ts';

/** By error code of the system (errno(3)). What is not here is `origin-failed`. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EISDIR: 'not-found',
  ENAMETOOLONG: 'not-found',
  // A symbolic link that leads to itself, or where O_NOFOLLOW allows none.
  ELOOP: 'not-found',
  // A socket, or a device without a driver.
  ENXIO: 'not-found',
  ENODEV: 'not-found',
  EACCES: 'origin-denied',
  EPERM: 'origin-denied',
  EMFILE: 'overloaded',
  ENFILE: 'overloaded',
  ENOMEM: 'overloaded',
};

/** Codes of which the same request may get rid by being made again. */
const RETRYABLE: readonly ErrorCode[] = ['overloaded'];

/** Classifies the error of a system call that was made on behalf of `name`. */
export function toFileError(error: unknown, name: string): SluiceError {
  if (isSluiceError(error)) return error;
  const systemCode = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
  const code = CODES[systemCode] ?? 'origin-failed';
  return new SluiceError(code, `${name} could not be read: ${systemCode}`, {
    retryable: RETRYABLE.includes(code),
    cause: error,
  });
}
