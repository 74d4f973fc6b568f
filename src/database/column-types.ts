// Where the two databases want another word for the same column.
import { PostgresAdapter, sql } from 'kysely';
import type { Kysely, RawBuilder } from 'kysely';

export type Dialect = 'sqlite' | 'postgres';

/** For statements that the two databases spell differently. */
export function dialectOf(database: Pick<Kysely<never>, 'getExecutor'>): Dialect {
  return database.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}

/** Text that is compared by its bytes, as SQLite does; PostgreSQL would sort it by the rules of some language. */
export function byteText(database: Pick<Kysely<never>, 'getExecutor'>): 'text' | RawBuilder<unknown> {
  return dialectOf(database) === 'postgres' ? sql`text collate "C"` : 'text';
}
