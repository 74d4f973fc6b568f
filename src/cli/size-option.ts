// Sizes as people write them on the command line: 64KiB, 10MiB, 5TiB, or a number of bytes.
import { InvalidArgumentError } from 'commander';
import { parseSize } from './config-checks.ts';

/** In bytes. */
export function parseSizeOption(text: string): number {
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  if (/^[1-9][0-9]{0,5}(?:KiB|MiB|GiB|TiB)$/.test(text)) return parseSize(text);
  throw new InvalidArgumentError('Want a size such as 64KiB, 10MiB or 5TiB, or a number of bytes.');
}

export function parseCount(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('Want a whole number from 1 to 999999999.');
  return Number(text);
}
