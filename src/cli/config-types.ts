// The kinds of values in sluice.yaml, each with the words by which an error asks for it.
import { Type } from 'typebox';

/** A day: whoever writes more means "never", which is what leaks sockets. */
const MAX_TIMEOUT_MS = 86_400_000;

export const closed = { additionalProperties: false } as const;

export const text = (description: string) => Type.String({ minLength: 1, description: `a string: ${description}` });
export const timeoutMs = (description: string, maximum = MAX_TIMEOUT_MS) =>
  Type.Integer({
    minimum: 1,
    maximum,
    description: `a whole number of milliseconds from 1 to ${maximum}: ${description}`,
  });
export const count = (maximum: number, description: string) =>
  Type.Integer({ minimum: 1, maximum, description: `a whole number from 1 to ${maximum}: ${description}` });

export const size = (description: string) =>
  Type.String({
    pattern: '^[1-9][0-9]{0,5}(?:KiB|MiB|GiB)$',
    description: `a size such as 64KiB, 256MiB or 1GiB: ${description}`,
  });

/** As `size`, for what may be far more than the memory of a machine. */
export const rate = (description: string) =>
  Type.String({
    pattern: '^[1-9][0-9]{0,5}(?:KiB|MiB|GiB|TiB)$',
    description: `a size such as 64KiB, 100MiB or 5TiB: ${description}`,
  });
