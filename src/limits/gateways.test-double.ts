// Several gateways on one database and one clock, each of which can lose the database, or die as `kill -9` does. Time
// passes only while the database is idle, so that a real one takes none of it.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { FakeClock } from '../clock.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { createLimits } from './create-limits.ts';
import type { LimitsOptions, OpenLimits } from './create-limits.ts';
import type { Permit, Quota, Refusal } from './limits.ts';

/** Noon, so that midnight is far away. */
export const NOON = Date.parse('2026-11-23T12:00:00Z');

const STEP_MS = 10;

/** One gateway's way to the database. */
export class Line {
  readonly database: Kysely<Schema>;
  isCut = false;
  /** Nothing comes back until it is set to false. */
  isSilent = false;
  /** How often the database was asked: a transaction is once. */
  callCount = 0;
  busyCount = 0;

  constructor(database: Kysely<Schema>) {
    // A new executor, that is not the other gateways'.
    this.database = database.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => result,
    });
    const executor = this.database.getExecutor();
    const provide = executor.provideConnection.bind(executor);
    executor.provideConnection = async (consumer) => {
      this.callCount += 1;
      while (this.isSilent) await nextTurn();
      if (this.isCut) throw new Error('connection refused');
      this.busyCount += 1;
      try {
        return await provide(consumer);
      } finally {
        this.busyCount -= 1;
      }
    };
  }
}

export type Gateway = {
  readonly line: Line;
  readonly limits: OpenLimits;
  readonly reports: string[];
  /** Its process ends: it does nothing any more, and says nothing. */
  die(): void;
};

export class Gateways {
  readonly clock = new FakeClock();
  /** By how much the wall clock is ahead of noon. */
  aheadMs = 0;
  readonly #database: Kysely<Schema>;
  readonly #all: Gateway[] = [];

  constructor(database: Kysely<Schema>) {
    this.#database = database;
  }

  readonly now = (): number => NOON + this.aheadMs + this.clock.now();

  /** Every principal has `quota` unless `quotas` says something else. */
  start(id: string, quota: Quota, options: Partial<LimitsOptions> = {}): Gateway {
    const line = new Line(this.#database);
    const reports: string[] = [];
    let isDead = false;
    const clock = {
      now: () => this.clock.now(),
      after: (delayMs: number, callback: () => void) => this.clock.after(delayMs, () => isDead || callback()),
    };
    const limits = createLimits({
      database: line.database,
      gatewayId: id,
      shared: true,
      quotas: { of: () => quota },
      clock,
      now: this.now,
      report: (error) => reports.push(error.message),
      ...options,
    });
    const die = () => {
      isDead = true;
      line.isCut = true;
    };
    const gateway = { line, limits, reports, die };
    this.#all.push(gateway);
    return gateway;
  }

  /** Lets time pass in small steps, each when the database has answered everybody. */
  async pass(byMs: number): Promise<void> {
    for (let left = byMs; left > 0; left -= STEP_MS) {
      await this.idle();
      await this.clock.advance(Math.min(left, STEP_MS));
    }
    await this.idle();
  }

  /** Lets time pass until it is settled. */
  async settled<Value>(promise: Value | Promise<Value>): Promise<Value> {
    const state = { isSettled: false };
    const settle = async () => {
      await Promise.allSettled([promise]);
      state.isSettled = true;
    };
    void settle();
    for (await this.idle(); !state.isSettled; await this.idle()) await this.clock.advance(STEP_MS);
    return promise;
  }

  begin(gateway: Gateway, principal = 'p', signal = new AbortController().signal): Promise<Permit | Refusal> {
    return this.settled(gateway.limits.begin(principal, { signal }));
  }

  /** Waits until nobody asks the database any more. */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await nextTurn();
      if (this.#all.some(({ line }) => line.busyCount > 0)) quiet = -1;
    }
  }

  async close(): Promise<void> {
    for (const { limits } of this.#all) await limits.close();
  }
}

/** Takes all that it gets, up to so much. */
export async function drink(permit: Permit, bytes: number): Promise<number> {
  const { signal } = new AbortController();
  let drunk = 0;
  try {
    while (drunk < bytes) drunk += (await permit.pace?.take(bytes - drunk, { signal })) ?? bytes - drunk;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'limited')) throw error;
  }
  return drunk;
}
