// Bundles, and the order in which they go.
import type { Kysely, Migration } from 'kysely';
import { byteText } from '../column-types.ts';

export const migration: Migration = {
  async up(database: Kysely<never>) {
    const text = byteText(database);
    await database.schema
      .createTable('bundles')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('used_at', 'bigint', (column) => column.notNull())
      .addColumn('members_bytes', 'bigint', (column) => column.notNull())
      .addColumn('members', 'text', (column) => column.notNull())
      .execute();
    // Whatever decides which of them go is in it, so that their members are not read for that.
    const columns = ['used_at', 'members_bytes', 'id'];
    await database.schema.createIndex('bundles_by_use').on('bundles').columns(columns).execute();
  },
};
