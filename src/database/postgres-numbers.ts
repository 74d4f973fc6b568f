// PostgreSQL's integers as JavaScript's numbers, as SQLite gives them. `pg` would give text.
import { types } from 'pg';
import type { CustomTypesConfig } from 'pg';
import { SluiceError } from '../errors.ts';

/** A bigint, and what PostgreSQL makes of a sum of them. */
const { INT8, NUMERIC } = types.builtins;

/** For one pool: the parsers of `pg` itself are everybody's. */
export const NUMBERS: CustomTypesConfig = {
  getTypeParser: (type, format) => {
    if ((type === INT8 || type === NUMERIC) && format !== 'binary') return toNumber;
    return types.getTypeParser(type, format) as (text: string) => unknown;
  },
};

/** A number that is not the one in the database would be a lie in the books. */
function toNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) || text.includes('.')) return number;
  throw new SluiceError('misuse', `the database gave ${text}; want an integer within ±${Number.MAX_SAFE_INTEGER}`);
}
