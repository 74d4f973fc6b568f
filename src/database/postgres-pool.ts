// The connections to a PostgreSQL, for Kysely's driver. None waits for ever, none is used again after it was in
// doubt, a server that comes back is used again, and every error that leaves is one of ours.
import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { Client, Pool } from 'pg';
import type { PoolClient, PoolConfig } from 'pg';
import { SluiceError } from '../errors.ts';
import { endsConnection, isAborted, toPostgresError } from './postgres-errors.ts';
import { NUMBERS } from './postgres-numbers.ts';

export type PostgresOptions = {
  /**
   * Default: 6, so that sixteen processes stay below the 100 of a PostgreSQL that nobody has configured. A look-up
   * takes well below a millisecond of one.
   */
  readonly maxConnections?: number;
  /** How long a caller waits for a connection, new or given back. Default: 3,000. */
  readonly connectTimeoutMs?: number;
  /** How long a statement may take; 0 is for ever. Default: 5,000. */
  readonly statementTimeoutMs?: number;
};

const DEFAULTS = { maxConnections: 6, connectTimeoutMs: 3_000, statementTimeoutMs: 5_000 };

/** The server ends what takes too long; what has not answered this much later has lost us, or hangs. */
const ANSWER_GRACE_MS = 1_000;

/** So that a gateway that froze within a transaction does not hold its locks. */
const IDLE_TRANSACTION_TIMEOUT_MS = 10_000;

/** Below the 60 s after which common firewalls and load balancers forget a silent connection. */
const KEEP_ALIVE_MS = 30_000;

/** A connection that nobody used for so long is given back to the server. */
const IDLE_TIMEOUT_MS = 60_000;

/** How long a server that was told good-bye has to close the connection. */
const CLOSE_TIMEOUT_MS = 1_000;

export type ClassifyingPool = PostgresPool & {
  /** How errors and logs call the database: nothing in it is secret. */
  readonly name: string;
};

/** Rejects nothing yet: the first query connects. Throws `bad-input` when `url` cannot be one. */
export function openPool(url: string, options: PostgresOptions = {}): ClassifyingPool {
  const name = namePostgres(url);
  const sockets = new Set<Socket>();
  const config = toConfig(url, { ...DEFAULTS, ...options });
  const pool = new Pool({ ...config, stream: () => openSocket(sockets) });
  // Whoever uses a connection that breaks hears of it by its query; one that nobody uses is simply left out.
  pool.on('connect', (client) => client.on('error', ignore));
  pool.on('error', ignore);
  return {
    name,
    connect: async () => {
      try {
        return toClassifying(await pool.connect(), name);
      } catch (error) {
        throw toPostgresError(error, name);
      }
    },
    end: async () => {
      await pool.end();
      await closed(sockets);
    },
  };
}

function toConfig(url: string, options: Required<PostgresOptions>): PoolConfig {
  const { maxConnections, connectTimeoutMs, statementTimeoutMs } = options;
  return {
    application_name: 'sluice',
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs === 0 ? 0 : statementTimeoutMs + ANSWER_GRACE_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    types: NUMBERS,
    // The last, because what it says outweighs what is said here.
    connectionString: url,
  };
}

/** How errors and logs call the database at `url`. Throws `bad-input` when there can be none. */
export function namePostgres(url: string): string {
  // What follows a slash in a password would be taken for the database's name, and said.
  if (PATH_WITH_AT.test(url)) throw toMalformed('there is an @ after the first /; a / in a password is %2F');
  try {
    const { database, host, port } = new Client(url);
    return `the database ${database} at ${host}:${port}`;
  } catch (error) {
    // The error itself may hold the URL, and with it a password.
    throw toMalformed(error instanceof Error ? error.message : 'it cannot be read');
  }
}

const PATH_WITH_AT = /^[^/]*\/\/[^/?#]*\/[^?#]*@/;

function toMalformed(why: string): SluiceError {
  return new SluiceError('bad-input', `the URL of the database: ${why}; want postgres://USER:PASSWORD@HOST/DATABASE`);
}

function toClassifying(client: PoolClient, name: string): PostgresPoolClient {
  let last: SluiceError | undefined;
  let isEnded = false;
  const query = async (statement: string, values: readonly unknown[]): Promise<unknown> => {
    // A roll-back would wait behind the statement that has not been answered.
    if (isEnded) throw last!;
    try {
      const result = await client.query(statement, [...values]);
      // A transaction in which something failed is rolled back by its commit, and PostgreSQL calls that a success.
      if (statement === 'commit' && result.command === 'ROLLBACK' && last) throw last;
      return result;
    } catch (cause) {
      // What comes after a failure in a transaction fails for that.
      if (!last || !isAborted(cause)) last = toPostgresError(cause, name);
      isEnded = endsConnection(last);
      throw last;
    }
  };
  return { query: query as PostgresPoolClient['query'], release: () => client.release(isEnded) };
}

function openSocket(sockets: Set<Socket>): Socket {
  const socket = new Socket();
  sockets.add(socket);
  return socket.once('close', () => sockets.delete(socket));
}

/** The pool does not wait for the sockets that it has told to close. */
async function closed(sockets: ReadonlySet<Socket>): Promise<void> {
  const overdue = new AbortController();
  const { signal } = overdue;
  const closes = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  await Promise.race([Promise.all(closes), wait(CLOSE_TIMEOUT_MS, undefined, { signal })]);
  overdue.abort();
  for (const socket of sockets) socket.destroy();
}

function ignore(): void {}
