// Whose journal a folder is, for as long as its owner lives: an exclusive lock on a file in it, which the kernel lets go
// of when the process ends, however it ends. SQLite takes it, the only one in Node that can lock a file. A process id
// would be used again, and means another process in each container; the lock holds wherever the folder is mounted.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';

export const LOCK_NAME = 'owner.lock';

/** SQLITE_BUSY and SQLITE_CANTOPEN of https://sqlite.org/rescode.html. */
const BUSY = 5;
const CANNOT_OPEN = 14;

export type FolderLock = { release(): void };

/**
 * Locks the folder, or gives nothing where that cannot be: somebody living has it, or it is going away. Only an owner
 * makes the file that is locked; a folder without it is nobody's.
 */
export function lockFolder(folder: string, mode: 'own' | 'left'): FolderLock | undefined {
  const path = join(folder, LOCK_NAME);
  const url = pathToFileURL(path);
  url.search = mode === 'own' ? '?mode=rwc' : '?mode=rw';
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(url, { timeout: 0 });
    // Nothing is ever written, so no file is wanted for what could be rolled back.
    file.exec('pragma journal_mode = memory');
    file.exec('begin exclusive');
  } catch (error) {
    file?.close();
    if (isSqliteCode(error, BUSY) || isSqliteCode(error, CANNOT_OPEN)) return undefined;
    throw error;
  }
  // Who had the lock before may have removed the file that is now locked.
  if (existsSync(path)) return { release: () => file.close() };
  file.close();
  return undefined;
}

function isSqliteCode(error: unknown, code: number): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === code;
}
