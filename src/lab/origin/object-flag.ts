// Objects and sizes as people write them on a command line: `big=100GiB`, `parts=10GiB:64MiB`.

import { SluiceError } from '../../errors.ts';
import type { SyntheticSpec } from './synthetic-object.ts';

const UNIT_BYTES: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ...['k', 'm', 'g', 't'].flatMap((letter, index): [string, number][] => [
    [`${letter}b`, 1000 ** (index + 1)],
    [`${letter}ib`, 1024 ** (index + 1)],
  ]),
]);

/** `KEY=SIZE` or `KEY=SIZE:PARTSIZE`; the key may have `=` in it. Throws `bad-input`. */
export function parseObjectFlag(flag: string): SyntheticSpec {
  const [, key, size, partSize] = /^(.+)=([^=:]*)(?::([^=:]*))?$/s.exec(flag) ?? [];
  if (key === undefined || size === undefined) {
    throw new SluiceError('bad-input', `an object is KEY=SIZE or KEY=SIZE:PARTSIZE, like big=100GiB; not "${flag}"`);
  }
  return { key, size: parseSize(size), ...(partSize !== undefined && { partSizeBytes: parseSize(partSize) }) };
}

/** `512`, `100GiB`, `1.5 MB`: a whole number of bytes. Throws `bad-input`. */
export function parseSize(text: string): number {
  const [, digits, letters] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const bytes = Number(digits) * (UNIT_BYTES.get(letters?.toLowerCase() ?? '') ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) {
    throw new SluiceError('bad-input', `a size is a whole number of bytes, like 512, 64MiB or 1.5GB; not "${text}"`);
  }
  return bytes;
}
