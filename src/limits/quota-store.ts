// Quotas that admins have given to principals: rows of one table.
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import type { Quota } from './limits.ts';

export type PrincipalQuota = Quota & { readonly principal: string };

export type QuotaStore = {
  find(principal: string): Promise<Quota | undefined>;

  /** In the order of their names, from after the one that is named. */
  list(options: { readonly after?: string | undefined; readonly limit: number }): Promise<readonly PrincipalQuota[]>;

  /** Takes the place of what the principal had, and of the default as a whole. Rejects with `bad-input`. */
  put(principal: string, quota: Quota): Promise<void>;

  /** Whether there was one; from now on the default counts. */
  remove(principal: string): Promise<boolean>;
};

type Check = { readonly name: keyof Quota; readonly min: number; readonly max: number };

/** Zero transfers, or bytes a day, is a way to shut somebody out; at zero bytes a second they would wait for ever. */
const CHECKS: readonly Check[] = [
  { name: 'transfers', min: 0, max: 2 ** 31 - 1 },
  { name: 'bytesPerSecond', min: 1, max: Number.MAX_SAFE_INTEGER },
  { name: 'bytesPerDay', min: 0, max: Number.MAX_SAFE_INTEGER },
];

/** Throws `bad-input` for what is not a quota. */
export function checkQuota(quota: Quota): void {
  for (const { name, min, max } of CHECKS) {
    const value = quota[name];
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) continue;
    throw new SluiceError('bad-input', `${name} is ${value}; want a whole number from ${min} to ${max}`);
  }
}

export function createQuotaStore(database: Kysely<Schema>): QuotaStore {
  return {
    async find(principal) {
      const row = await database.selectFrom('limits').selectAll().where('principal', '=', principal).executeTakeFirst();
      return row && toQuota(row);
    },

    async list({ after = '', limit }) {
      const query = database.selectFrom('limits').selectAll().where('principal', '>', after);
      const rows = await query.orderBy('principal').limit(limit).execute();
      return rows.map((row) => ({ principal: row.principal, ...toQuota(row) }));
    },

    async put(principal, quota) {
      if (principal === '') throw new SluiceError('bad-input', 'the principal has no name; want one');
      checkQuota(quota);
      const row = {
        transfers: quota.transfers ?? null,
        bytes_per_second: quota.bytesPerSecond ?? null,
        bytes_per_day: quota.bytesPerDay ?? null,
      };
      const insert = database.insertInto('limits').values({ principal, ...row });
      await insert.onConflict((conflict) => conflict.column('principal').doUpdateSet(row)).execute();
    },

    async remove(principal) {
      const { numDeletedRows } = await database
        .deleteFrom('limits')
        .where('principal', '=', principal)
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

type Row = Pick<Schema['limits'], 'transfers' | 'bytes_per_second' | 'bytes_per_day'>;

function toQuota({ transfers, bytes_per_second, bytes_per_day }: Row): Quota {
  return {
    ...(transfers !== null && { transfers }),
    ...(bytes_per_second !== null && { bytesPerSecond: bytes_per_second }),
    ...(bytes_per_day !== null && { bytesPerDay: bytes_per_day }),
  };
}
