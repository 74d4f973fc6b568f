// A Kysely driver over node:sqlite: one connection, a bounded set of prepared statements, one holder at a time.
// The calls into SQLite block; each is microseconds for a row by its key.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import { toDatabaseError } from './sqlite-errors.ts';

/** More than the program has different queries; a bound, since a query may be built from its input. */
const MAX_STATEMENTS = 64;

type PreparedStatement = {
  readonly statement: StatementSync;
  /** Whether it gives rows, as a select does, and an insert with `returning`. */
  readonly givesRows: boolean;
};

export class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #prepared = new Map<string, PreparedStatement>();

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { statement, givesRows } = this.#prepare(sql);
      const values = parameters as readonly SQLInputValue[];
      if (givesRows) return { rows: statement.all(...values) as Row[] };
      const { changes, lastInsertRowid } = statement.run(...values);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    } catch (error) {
      throw toDatabaseError(error, this.#path);
    }
  }

  async *streamQuery<Row>({ sql, parameters }: CompiledQuery): AsyncIterableIterator<QueryResult<Row>> {
    try {
      // A statement that is being read cannot be run again meanwhile: a stream has one of its own.
      const statement = this.#database.prepare(sql);
      for (const row of statement.iterate(...(parameters as readonly SQLInputValue[]))) yield { rows: [row as Row] };
    } catch (error) {
      throw toDatabaseError(error, this.#path);
    }
  }

  /** Statements that control transactions, which have neither parameters nor rows. */
  run(sql: 'begin immediate' | 'commit' | 'rollback'): void {
    try {
      this.#prepare(sql).statement.run();
    } catch (error) {
      throw toDatabaseError(error, this.#path);
    }
  }

  #prepare(sql: string): PreparedStatement {
    const kept = this.#prepared.get(sql);
    if (kept) return kept;
    const statement = this.#database.prepare(sql);
    const prepared = { statement, givesRows: statement.columns().length > 0 };
    // The oldest goes: a Map keeps the order in which its keys came.
    if (this.#prepared.size >= MAX_STATEMENTS) this.#prepared.delete(this.#prepared.keys().next().value!);
    this.#prepared.set(sql, prepared);
    return prepared;
  }
}

export class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: SqliteConnection;
  /** Who waits for the connection, in order; the first has it. */
  readonly #holders: (() => void)[] = [];

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#connection = new SqliteConnection(database, path);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#holders.push(resolve);
    if (this.#holders.length === 1) resolve();
    await promise;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#holders.shift();
    this.#holders[0]?.();
  }

  /**
   * Immediate: a transaction that began to read and then wants to write fails at once if another process has
   * written in between, however long it would be ready to wait.
   */
  async beginTransaction(): Promise<void> {
    this.#connection.run('begin immediate');
  }

  async commitTransaction(): Promise<void> {
    this.#connection.run('commit');
  }

  async rollbackTransaction(): Promise<void> {
    // After a full disk or a lost file SQLite has rolled back by itself.
    if (this.#database.isTransaction) this.#connection.run('rollback');
  }

  async destroy(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }
}
