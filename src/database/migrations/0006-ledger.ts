// The ledger, and the gateways that write it.
import { sql } from 'kysely';
import type { Kysely, Migration } from 'kysely';
import { byteText } from '../column-types.ts';

export const migration: Migration = {
  async up(database: Kysely<never>) {
    const text = byteText(database);
    await database.schema
      .createTable('transfers')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('gateway', text, (column) => column.notNull())
      .addColumn('principal', text, (column) => column.notNull())
      .addColumn('credential', text)
      .addColumn('object', text, (column) => column.notNull())
      .addColumn('collection', text, (column) => column.notNull())
      .addColumn('method', 'text', (column) => column.notNull())
      .addColumn('address', 'text')
      .addColumn('status', 'integer')
      .addColumn('ranges', 'text', (column) => column.notNull())
      .addColumn('delivered_bytes', 'bigint', (column) => column.notNull())
      .addColumn('delivered_by', 'text', (column) => column.notNull())
      .addColumn('received_bytes', 'bigint', (column) => column.notNull())
      .addColumn('over_read_bytes', 'bigint', (column) => column.notNull())
      .addColumn('resumed_count', 'integer', (column) => column.notNull())
      .addColumn('outcome', 'text')
      .addColumn('error', 'text')
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('duration_ms', 'bigint')
      .execute();
    // The order of the ids is the order of time: no index is wanted for that.
    const byPrincipal = ['principal', 'id'];
    await database.schema.createIndex('transfers_by_principal').on('transfers').columns(byPrincipal).execute();
    await database.schema
      .createIndex('transfers_open')
      .on('transfers')
      .column('gateway')
      .where(sql.ref('outcome'), 'is', null)
      .execute();
    await database.schema
      .createTable('gateways')
      .addColumn('id', text, (column) => column.primaryKey().notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('alive_until', 'bigint', (column) => column.notNull())
      .execute();
  },
};
