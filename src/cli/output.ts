// Writing to stdout at the reader's pace.
import { once } from 'node:events';

/** Resolves when the reader has taken what was written before, so that a listing of any length needs no memory. */
export async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
