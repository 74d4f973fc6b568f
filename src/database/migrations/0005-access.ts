// Tokens, and the keys that links are signed with.
import { sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';
import { byteText } from '../column-types.ts';

export const migration: Migration = {
  async up(database: Kysely<never>) {
    const text = byteText(database);
    await database.schema
      .createTable('tokens')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .addColumn('principal', text, (column) => column.notNull())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('collections', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('revoked_at', 'bigint')
      .execute();
    await database.schema
      .createTable('link_keys')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('secret', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('retired_at', 'bigint')
      .execute();
    // At most one is current, whoever makes one at the same moment.
    await sql`
      create unique index link_keys_current on link_keys ((retired_at is null)) where retired_at is null
    `.execute(database);
  },
};
