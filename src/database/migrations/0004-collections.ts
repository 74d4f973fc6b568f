// Collections, what scans have found, and where they stand.
import { sql } from 'kysely';
import type { ColumnDefinitionBuilder, Kysely, Migration } from 'kysely';
import { byteText } from '../column-types.ts';

export const migration: Migration = {
  async up(database: Kysely<never>) {
    const text = byteText(database);
    await database.schema
      .createTable('collections')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('is_public', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .execute();
    await sql`insert into collections values ('default', 'Everything else', 0, ${Date.now()})`.execute(database);
    const collection = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo('default');
    await database.schema.alterTable('objects').addColumn('collection', text, collection).execute();
    await database.schema.alterTable('objects').addColumn('vanished_at', 'bigint').execute();
    // For pages of one collection, in the order of their ids.
    const byCollection = ['collection', 'id'];
    await database.schema.createIndex('objects_by_collection').on('objects').columns(byCollection).execute();
    await database.schema
      .createTable('scans')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('store', text, (column) => column.notNull())
      .addColumn('bucket', text, (column) => column.notNull())
      .addColumn('prefix', text, (column) => column.notNull())
      .addColumn('id_prefix', text, (column) => column.notNull())
      .addColumn('collection', text, (column) => column.notNull())
      .addColumn('after_key', text)
      .addColumn('counts', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('ended_at', 'bigint')
      .execute();
    await database.schema
      .createTable('scan_marks')
      .addColumn('scan', text, (column) => column.notNull())
      .addColumn('object', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('scan_marks_key', ['scan', 'object'])
      .execute();
  },
};
