// What the journal needs of a disk. Writing is synchronous: a line must be the kernel's before its turn of the event
// loop is over, and a copy into the page cache costs microseconds. Reading is not.
import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from 'node:fs';
import { open, rm, rmdir } from 'node:fs/promises';
import { lockFolder } from './folder-lock.ts';
import type { FolderLock } from './folder-lock.ts';

/** Whoever has created it closes it. */
export type AppendFile = {
  /** How many of the bytes were taken, from the first on. Throws when none could be. */
  write(bytes: Buffer): number;
  close(): void;
};

export type ReadOptions = { readonly offset: number; readonly maxBytes: number };

export interface JournalDisk {
  makeFolder(path: string): void;
  /** The names in a folder; none where it is not there. */
  list(path: string): readonly string[];
  /** A new file; throws when there is one. */
  create(path: string): AppendFile;
  /** Fewer bytes than asked for where the file ends; rejects where there is none. */
  read(path: string, options: ReadOptions): Promise<Buffer>;
  /** What is not there is removed already. */
  remove(path: string): Promise<void>;
  /** Removes the folder if nothing is in it, and rejects otherwise. */
  removeFolder(path: string): Promise<void>;
  lock(folder: string, mode: 'own' | 'left'): FolderLock | undefined;
}

/** The journal tells who fetched what from where: it is its user's alone. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

export const SYSTEM_DISK: JournalDisk = {
  makeFolder: (path) => void mkdirSync(path, { recursive: true, mode: FOLDER_MODE }),
  list,
  create: (path) => {
    const file = openSync(path, 'ax', FILE_MODE);
    return { write: (bytes) => writeSync(file, bytes), close: () => closeSync(file) };
  },
  read: async (path, { offset, maxBytes }) => {
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(maxBytes), 0, maxBytes, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  },
  remove: (path) => rm(path, { force: true }),
  removeFolder: (path) => rmdir(path),
  lock: lockFolder,
};

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Tells an error of the system by its code. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}
