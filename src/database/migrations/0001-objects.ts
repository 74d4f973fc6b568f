// The objects of the catalog.
import type { Kysely, Migration } from 'kysely';
import { byteText } from '../column-types.ts';

export const migration: Migration = {
  async up(database: Kysely<never>) {
    const text = byteText(database);
    await database.schema
      .createTable('objects')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('store', text, (column) => column.notNull())
      .addColumn('bucket', text, (column) => column.notNull())
      .addColumn('key', text, (column) => column.notNull())
      .addColumn('version_id', 'text')
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('etag', 'text', (column) => column.notNull())
      .addColumn('last_modified', 'bigint')
      .addColumn('filename', 'text', (column) => column.notNull())
      .addColumn('media_type', 'text', (column) => column.notNull())
      .addColumn('digests', 'text', (column) => column.notNull())
      .addColumn('added_at', 'bigint', (column) => column.notNull())
      .execute();
  },
};
