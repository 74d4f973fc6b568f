// Every file of a folder and of the folders in it, one at a time. Memory and descriptors grow with the depth of the tree
// alone, never with the number of files. Links to folders are not followed: they may lead in circles.
import type { Dir } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

export type WalkedFile = {
  /** Relative to the folder where the walk began, with `/` between its segments. */
  readonly name: string;
  readonly path: string;
  readonly isLink: boolean;
};

/** Files whose name begins with `prefix`, which has no `/` in it, in the order of the file system. */
export async function* walkFiles(folder: string, prefix: string): AsyncGenerator<WalkedFile> {
  yield* walk(await opendir(folder), { folder, within: '', prefix });
}

async function* walk(
  entries: Dir,
  { folder, within, prefix }: { readonly folder: string; readonly within: string; readonly prefix: string },
): AsyncGenerator<WalkedFile> {
  // The loop closes the folder at its end, on an error, and when it is left.
  for await (const entry of entries) {
    if (!entry.name.startsWith(prefix)) continue;
    const name = within + entry.name;
    const path = join(folder, entry.name);
    if (entry.isFile() || entry.isSymbolicLink()) {
      yield { name, path, isLink: entry.isSymbolicLink() };
    } else if (entry.isDirectory()) {
      const inner = await openIfThere(path);
      if (inner) yield* walk(inner, { folder: path, within: `${name}/`, prefix: '' });
    }
  }
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
