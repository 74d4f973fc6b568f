// Limits of principals, and what each gateway has taken of them.
import type { Kysely, Migration } from 'kysely';
import { byteText } from '../column-types.ts';

export const migration: Migration = {
  async up(database: Kysely<never>) {
    const text = byteText(database);
    await database.schema
      .createTable('limits')
      .addColumn('principal', text, (column) => column.primaryKey().notNull())
      .addColumn('transfers', 'integer')
      .addColumn('bytes_per_second', 'bigint')
      .addColumn('bytes_per_day', 'bigint')
      .execute();
    await database.schema
      .createTable('leases')
      .addColumn('principal', text, (column) => column.notNull())
      .addColumn('gateway', text, (column) => column.notNull())
      .addColumn('transfers', 'integer', (column) => column.notNull())
      .addColumn('streams', 'integer', (column) => column.notNull())
      .addColumn('expires_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('leases_key', ['principal', 'gateway'])
      .execute();
    await database.schema
      .createTable('used_days')
      .addColumn('principal', text, (column) => column.notNull())
      .addColumn('day', 'text', (column) => column.notNull())
      .addColumn('bytes', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('used_days_key', ['principal', 'day'])
      .execute();
  },
};
