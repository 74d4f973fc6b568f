// A folder as a store: an object is a regular file below the root, its key the path with `/` between the segments. A
// bucket is a folder of the root, and the empty bucket is the root itself. Nothing outside of the root is ever read.
import { lstat, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isSluiceError, SluiceError } from '../errors.ts';
import type { SlabPool } from '../wire/slab-pool.ts';
import { openFileBody } from './file-body.ts';
import { toFileError } from './file-failure.ts';
import { openBelow, resolveBelow, toRelativeName } from './file-path.ts';
import { settledState, toVersion } from './file-version.ts';
import { walkFiles, type WalkedFile } from './file-walk.ts';
import type { OpenFile } from './open-file.ts';
import { compareKeys } from './source.ts';
import type { ListedObject, ListRequest, ObjectName, Source, Stat } from './source.ts';

export type FileSourceOptions = {
  /** The folder. It may be a link, which is followed anew for each object. */
  readonly root: string;
  readonly slabs: SlabPool;
};

/**
 * The source of a folder. Names that lead out of it, links that do, folders and devices are `not-found`. Whoever else
 * writes to the files makes another version of them; only writes through a memory map may go unseen for a while.
 */
export function createFileSource(options: FileSourceOptions): Source {
  const { slabs } = options;
  const root = resolve(options.root);
  return {
    stat: (object, { signal }) => statFile(root, object, signal),
    open: (request) => openFileBody(request, { root, slabs }),
    list: (request) => listFiles(root, request),
    close() {},
  };
}

async function statFile(root: string, object: ObjectName, signal: AbortSignal): Promise<Stat> {
  let file: OpenFile | undefined;
  const adopt = (opened: OpenFile): void => {
    file = opened;
    if (signal.aborted) opened.close();
  };
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(toClosed());
  signal.addEventListener('abort', onAbort);
  try {
    if (signal.aborted) throw toClosed();
    const asked = openBelow(root, object, adopt).then((opened) => settledState(() => opened.stat()));
    return toStat(await Promise.race([aborted.promise, asked]));
  } catch (error) {
    throw toFileError(error, toRelativeName(object));
  } finally {
    signal.removeEventListener('abort', onAbort);
    file?.close();
  }
}

async function* listFiles(root: string, { bucket, prefix, after, signal }: ListRequest): AsyncGenerator<ListedObject> {
  // The walk begins in the deepest folder that the prefix names.
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  try {
    const path = await findFolder(root, { bucket, folder });
    if (path === undefined || isBehind(folder, after)) return;
    const begin = after?.startsWith(folder) ? { after: after.slice(folder.length) } : {};
    for await (const file of walkFiles(path, { prefix: prefix.slice(folder.length), ...begin, signal })) {
      const key = folder + file.name;
      const stat = await statListed(root, file, toRelativeName({ bucket, key }));
      if (signal.aborted) throw toClosed();
      if (stat) yield { ...stat, key };
      if (signal.aborted) throw toClosed();
    }
    if (signal.aborted) throw toClosed();
  } catch (error) {
    throw toFileError(error, `the folder ${toRelativeName({ bucket, key: folder })}`);
  }
}

/** Whether every key in the folder comes before `after`. */
function isBehind(folder: string, after: string | undefined): boolean {
  return after !== undefined && !after.startsWith(folder) && compareKeys(folder, after) < 0;
}

/** The folder where a listing begins, `undefined` where nothing has the prefix. A bucket that is not there is `not-found`. */
async function findFolder(
  root: string,
  { bucket, folder }: { readonly bucket: string; readonly folder: string },
): Promise<string | undefined> {
  const bucketPath = bucket === '' ? await realpath(root) : await resolveBelow(root, bucket);
  if (folder === '') return bucketPath;
  try {
    const path = await resolveBelow(root, toRelativeName({ bucket, key: folder.slice(0, -1) }));
    return (await lstat(path)).isDirectory() ? path : undefined;
  } catch (error) {
    if (isSluiceError(toFileError(error, folder), 'not-found')) return undefined;
    throw error;
  }
}

/** What a listing tells of a file, `undefined` if it is none that `open()` would give, or has just gone. */
async function statListed(root: string, file: WalkedFile, name: string): Promise<Stat | undefined> {
  try {
    const path = file.isLink ? await resolveBelow(root, name) : file.path;
    const state = await settledState(() => lstat(path, { bigint: true }));
    return state.isFile() ? toStat(state) : undefined;
  } catch (error) {
    if (isSluiceError(toFileError(error, name), 'not-found')) return undefined;
    throw error;
  }
}

function toStat(state: Parameters<typeof toVersion>[0] & { readonly mtime: Date }): Stat {
  return { ...toVersion(state), lastModified: state.mtime };
}

function toClosed(): SluiceError {
  return new SluiceError('closed', 'the signal was aborted');
}
