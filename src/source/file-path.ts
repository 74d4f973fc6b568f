// From a name to a path below the root, and never to any other: by its text, by the links on its way, and, where the
// kernel can tell, by the descriptor that was opened in the end.
import { lstat, readlink, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { SluiceError } from '../errors.ts';
import { OpenFile } from './open-file.ts';
import type { ObjectName } from './source.ts';

/** What a segment of a path may not contain: NUL ends a path; on Windows these separate, name drives and streams. */
const FORBIDDEN = process.platform === 'win32' ? /[\0\\:*?"<>|]/ : /\0/;

/** The segments of a name between `/`, or `undefined` where it could lead elsewhere or to two names for one file. */
export function toSegments(name: string): readonly string[] | undefined {
  const segments = name.split('/');
  const areNames = segments.every((segment) => !['', '.', '..'].includes(segment) && !FORBIDDEN.test(segment));
  return areNames ? segments : undefined;
}

/** The name of an object relative to the root, with `/` between its segments. */
export function toRelativeName({ bucket, key }: Pick<ObjectName, 'bucket' | 'key'>): string {
  return bucket === '' ? key : `${bucket}/${key}`;
}

function toNotFound(name: string): SluiceError {
  return new SluiceError('not-found', `there is no object ${JSON.stringify(name)} below the root`);
}

/** The real path, free of links, of what has this name. Rejects with `not-found` where that is not below `root`. */
export async function resolveBelow(root: string, name: string): Promise<string> {
  const segments = toSegments(name);
  if (!segments) throw toNotFound(name);
  const [realRoot, realPath] = await Promise.all([realpath(root), realpath(join(root, ...segments))]);
  if (!isBelow(realRoot, realPath)) throw toNotFound(name);
  return realPath;
}

/**
 * Opens the file that has this name. `adopt` becomes the owner as soon as there is something to own, also if this fails
 * afterwards. Anything but a regular file is `not-found`, and is not even opened: opening alone can act on a device.
 */
export async function openBelow(root: string, object: ObjectName, adopt: (file: OpenFile) => void): Promise<OpenFile> {
  const name = toRelativeName(object);
  // A folder keeps one version of a file, so none has a version id.
  if (object.versionId !== undefined) throw toNotFound(name);
  const path = await resolveBelow(root, name);
  if (!(await lstat(path)).isFile()) throw toNotFound(name);
  const file = await OpenFile.open(path);
  adopt(file);
  await assertOpenedBelow(root, file.descriptor, name);
  if (!(await file.stat()).isFile()) throw toNotFound(name);
  return file;
}

/**
 * Makes sure that an open descriptor is of a file below `root`. Between the resolving of a path and its opening a folder
 * on the way may have become a link; on Linux the kernel tells what was really opened (proc_pid_fd(5)). Elsewhere
 * nothing is checked again: whoever can swap folders below the root while they are served is trusted there.
 */
async function assertOpenedBelow(root: string, descriptor: number, name: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const [realRoot, opened] = await Promise.all([realpath(root), readlink(`/proc/self/fd/${descriptor}`)]);
  if (!isBelow(realRoot, opened)) throw toNotFound(name);
}

function isBelow(realRoot: string, realPath: string): boolean {
  const path = relative(realRoot, realPath);
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
