// A folder of real files as objects: `a/b.txt` under the folder is the key `a/b.txt`. Nothing outside can be reached,
// by `..`, by a symbolic link or by a NUL. A file's version is its inode, size and time of change.

import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

import { SluiceError } from '../../errors.ts';
import { S3Error } from './s3-error.ts';
import { DEFAULT_MEDIA_TYPE } from './stored-object.ts';
import type { ByteReader, ObjectSummary, StoredObject } from './stored-object.ts';

export type Folder = {
  get(key: string): Promise<StoredObject | undefined>;
  /** Every file below, in no order. */
  list(): Promise<readonly ObjectSummary[]>;
};

/** What a browser should know of the files people try first. Everything else has S3's own default. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['csv', 'text/csv'],
  ['gz', 'application/gzip'],
  ['html', 'text/html'],
  ['jpg', 'image/jpeg'],
  ['json', 'application/json'],
  ['mp4', 'video/mp4'],
  ['parquet', 'application/vnd.apache.parquet'],
  ['pdf', 'application/pdf'],
  ['png', 'image/png'],
  ['tar', 'application/x-tar'],
  ['txt', 'text/plain'],
  ['zip', 'application/zip'],
]);

export async function openFolder(path: string): Promise<Folder> {
  const root = await realpath(path).catch((cause: unknown) => {
    throw new SluiceError('bad-input', `there is no folder "${path}"`, { cause });
  });
  if (!(await stat(root)).isDirectory()) throw new SluiceError('bad-input', `"${path}" is not a folder`);
  return { get: (key) => getFile(root, key), list: () => listFiles(root) };
}

async function getFile(root: string, key: string): Promise<StoredObject | undefined> {
  if (!isPlainPath(key)) return undefined;
  try {
    const path = await realpath(join(root, key));
    if (!path.startsWith(root + sep)) return undefined;
    const stats = await stat(path, { bigint: true });
    if (!stats.isFile()) return undefined;
    const extension = key.slice(key.lastIndexOf('.') + 1).toLowerCase();
    const summary = summarise(key, stats);
    return {
      ...summary,
      mediaType: MEDIA_TYPES.get(extension) ?? DEFAULT_MEDIA_TYPE,
      versionId: summary.etag.slice(1, -1),
      partSizeBytes: undefined,
      open: () => openFile(path, summary.etag),
    };
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

async function openFile(path: string, etag: string): Promise<ByteReader> {
  const handle = await open(path);
  if (toEtag(await handle.stat({ bigint: true })) !== etag) {
    await handle.close();
    throw new S3Error('InternalError', {}, { message: 'The file changed while it was being opened.' });
  }
  return {
    async read(target, offset) {
      for (let filled = 0; filled < target.length;) {
        const { bytesRead } = await handle.read(target, filled, target.length - filled, offset + filled);
        if (bytesRead === 0) return false;
        filled += bytesRead;
      }
      return true;
    },
    close: () => void handle.close(),
  };
}

async function listFiles(root: string): Promise<readonly ObjectSummary[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files: ObjectSummary[] = [];
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const key = path.slice(root.length + 1).replaceAll(sep, '/');
    files.push(summarise(key, await stat(path, { bigint: true })));
  }
  return files;
}

function summarise(key: string, stats: BigIntStats): ObjectSummary {
  return {
    key,
    size: Number(stats.size),
    etag: toEtag(stats),
    lastModified: new Date(Number(stats.mtimeMs / 1000n) * 1000),
  };
}

function toEtag({ ino, size, mtimeNs }: BigIntStats): string {
  return `"${createHash('md5').update(`${ino} ${size} ${mtimeNs}`).digest('hex')}"`;
}

/** A key that names a file by its own parts: none of them empty, a dot, or what a path could climb out by. */
function isPlainPath(key: string): boolean {
  const parts = key.split('/');
  return (
    !key.includes('\0') && !key.includes('\\') && parts.every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP' || code === 'EACCES';
}
