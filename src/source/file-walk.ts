// Every file of a folder and of the folders in it, one at a time, in the order of their names' bytes. Memory grows with
// the depth of the tree, never with the number of files; no descriptor is held between two files. Links to folders are
// not followed: they may lead in circles.
import type { Dir, Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../errors.ts';
import { compareKeys } from './source.ts';

/** Names of one folder in memory at once, some 10 MB; a folder that has more is read again for each further so many. */
const MAX_NAMES = 65_536;

export type WalkedFile = {
  /** Relative to the folder where the walk began, with `/` between its segments. */
  readonly name: string;
  readonly path: string;
  readonly isLink: boolean;
};

export type WalkOptions = {
  /** Only files whose name begins with it. It has no `/` in it. */
  readonly prefix: string;
  /** Only files whose name comes after it. */
  readonly after?: string;
  /** An abort makes the next step reject with `closed`. */
  readonly signal: AbortSignal;
  readonly maxNames?: number;
};

/** A folder's name has a `/` at its end: so it stands where the names of the files in it do. */
type Found = { readonly name: string; readonly isLink: boolean };

export async function* walkFiles(folder: string, options: WalkOptions): AsyncGenerator<WalkedFile> {
  yield* walk(await opendir(folder), { ...options, folder, within: '' });
}

/** `within` is what the names begin with that are not of this folder. */
type Walk = WalkOptions & { readonly folder: string; readonly within: string };

async function* walk(first: Dir, options: Walk): AsyncGenerator<WalkedFile> {
  const { folder, within } = options;
  let last: string | undefined;
  for (let entries: Dir | undefined = first; entries; entries = await openIfThere(folder)) {
    const names = await readNames(entries, { ...options, last });
    const found = names.take();
    for (const { name, isLink } of found) {
      const path = join(folder, name);
      if (name.endsWith('/')) yield* walkInner(path, { ...options, name });
      else yield { name: within + name, path, isLink };
    }
    if (!names.wereMore) return;
    last = found.at(-1)?.name;
  }
}

async function* walkInner(
  folder: string,
  { name, within, after, ...options }: Walk & { readonly name: string },
): AsyncGenerator<WalkedFile> {
  const entries = await openIfThere(folder);
  if (!entries) return;
  const rest = after !== undefined && leadsTo(name, after) ? { after: after.slice(name.length) } : {};
  yield* walk(entries, { ...options, ...rest, prefix: '', folder, within: within + name });
}

/** The first names of a folder that are wanted and come after `last`. Closes the folder. */
async function readNames(
  entries: Dir,
  { prefix, after = '', signal, maxNames = MAX_NAMES, last = '' }: WalkOptions & { readonly last: string | undefined },
): Promise<SmallestNames> {
  const names = new SmallestNames(maxNames);
  // The loop closes the folder at its end, on an error, and when it is left.
  for await (const entry of entries) {
    if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
    const found = toFound(entry);
    if (!found?.name.startsWith(prefix) || compareKeys(found.name, last) <= 0) continue;
    if (compareKeys(found.name, after) > 0 || leadsTo(found.name, after)) names.add(found);
  }
  return names;
}

/** Whether it is a folder that `after` is in. */
function leadsTo(name: string, after: string): boolean {
  return name.endsWith('/') && after.startsWith(name);
}

/** The names that come first, of more than fit into memory. */
class SmallestNames {
  readonly #max: number;
  #kept: Found[] = [];
  wereMore = false;

  constructor(max: number) {
    this.#max = max;
  }

  add(found: Found): void {
    this.#kept.push(found);
    // Sorting twice as many, half as often, costs a few steps for each name.
    if (this.#kept.length >= 2 * this.#max) this.#cut();
  }

  /** In order. */
  take(): readonly Found[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort((a, b) => compareKeys(a.name, b.name));
    if (this.#kept.length <= this.#max) return;
    this.wereMore = true;
    this.#kept = this.#kept.slice(0, this.#max);
  }
}

function toFound(entry: Dirent): Found | undefined {
  if (entry.isDirectory()) return { name: `${entry.name}/`, isLink: false };
  return entry.isFile() || entry.isSymbolicLink() ? { name: entry.name, isLink: entry.isSymbolicLink() } : undefined;
}

/** A folder may go away between being seen and being opened. */
async function openIfThere(folder: string): Promise<Dir | undefined> {
  try {
    return await opendir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}
