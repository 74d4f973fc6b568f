// SQLite's result codes in the house's words. Every error of SQLite passes through here, once.
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** The primary result codes of https://sqlite.org/rescode.html that a caller can do something about. */
const SQLITE_PERM = 3;
export const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_NOMEM = 7;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

const MEANINGS: ReadonlyMap<number, { readonly code: ErrorCode; readonly text: string }> = new Map([
  [SQLITE_PERM, { code: 'bad-input', text: 'may not be opened; want a file this user can read and write' }],
  [SQLITE_BUSY, { code: 'overloaded', text: 'is locked by another process that does not let go of it' }],
  [SQLITE_LOCKED, { code: 'overloaded', text: 'is locked within this process' }],
  [SQLITE_NOMEM, { code: 'unavailable', text: 'needs more memory than there is' }],
  [SQLITE_READONLY, { code: 'bad-input', text: 'cannot be written; want a file and a folder this user can write' }],
  [SQLITE_IOERR, { code: 'unavailable', text: 'cannot be read or written: its disk fails' }],
  [SQLITE_CORRUPT, { code: 'bad-input', text: 'is damaged; want it restored from a copy, or made anew' }],
  [SQLITE_FULL, { code: 'unavailable', text: 'cannot grow: its disk is full' }],
  [
    SQLITE_CANTOPEN,
    { code: 'bad-input', text: 'cannot be opened; want a file in a folder that is there and writable' },
  ],
  [
    SQLITE_NOTADB,
    { code: 'bad-input', text: 'is not an SQLite database; want a catalog of sluice, or a path that is free' },
  ],
]);

/** SQLite's primary result code, or `undefined` when the error is not SQLite's. */
export function sqliteCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  // The upper bits refine the code: SQLITE_BUSY_SNAPSHOT is 5 | 2 << 8.
  return error.errcode & 0xff;
}

/** What went wrong with the database in the file `path`. What nobody but a programmer can put right is `misuse`. */
export function toDatabaseError(cause: unknown, path: string): SluiceError {
  if (cause instanceof SluiceError) return cause;
  const meaning = MEANINGS.get(sqliteCodeOf(cause) ?? 0);
  if (!meaning)
    return new SluiceError('misuse', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  const retryable = meaning.code === 'overloaded' || meaning.code === 'unavailable';
  return new SluiceError(meaning.code, `${path} ${meaning.text}`, { cause, retryable });
}
