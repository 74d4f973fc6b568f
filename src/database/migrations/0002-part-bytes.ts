// The size of the parts that an object was uploaded in.
import type { Kysely, Migration } from 'kysely';

export const migration: Migration = {
  async up(database: Kysely<never>) {
    await database.schema.alterTable('objects').addColumn('part_bytes', 'bigint').execute();
  },
};
