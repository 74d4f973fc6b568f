// Slows whoever keeps showing what proves nothing, by address. Each failure counts, and is forgotten in time; beyond
// what an honest mistake brings, each one makes the next wait longer. The table is bounded: a flood from many addresses
// forgets the oldest of them.
import { LRUCache } from 'lru-cache';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { toNeighbour } from './address.ts';

export type FailuresOptions = {
  /** How many are free. */
  readonly allowed?: number;
  /** In which so many are forgotten again. */
  readonly windowMs?: number;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly maxAddresses?: number;
  readonly clock?: Clock;
};

const DEFAULTS = {
  // A download client with as many connections, whose token has just expired.
  allowed: 20,
  // One is forgotten every 15 seconds, so that whoever goes on and on waits about as long each time.
  windowMs: 300_000,
  firstDelayMs: 1_000,
  maxDelayMs: 60_000,
  // Some 200 bytes each.
  maxAddresses: 10_000,
} as const;

type Record = {
  /** As it was at `atMs`; it falls from there. */
  readonly level: number;
  readonly atMs: number;
  readonly slowedUntilMs: number;
};

export class Failures {
  readonly #options: Required<Omit<FailuresOptions, 'clock'>>;
  readonly #clock: Clock;
  readonly #records: LRUCache<string, Record>;

  constructor({ clock, ...options }: FailuresOptions = {}) {
    this.#options = { ...DEFAULTS, ...options };
    this.#clock = clock ?? SYSTEM_CLOCK;
    this.#records = new LRUCache({ max: this.#options.maxAddresses });
  }

  /** How many addresses are on record. */
  get size(): number {
    return this.#records.size;
  }

  /** How long this address has to wait; 0 when it need not. */
  waitMs(remoteAddress: string | undefined): number {
    if (this.#records.size === 0) return 0;
    const record = this.#records.peek(toNeighbour(remoteAddress));
    return record ? Math.max(0, record.slowedUntilMs - this.#clock.now()) : 0;
  }

  add(remoteAddress: string | undefined): void {
    const { allowed, windowMs, firstDelayMs, maxDelayMs } = this.#options;
    const neighbour = toNeighbour(remoteAddress);
    const nowMs = this.#clock.now();
    const record = this.#records.get(neighbour);
    // What was under way when it was slowed is one mistake, not many.
    if (record && nowMs < record.slowedUntilMs) return;
    const forgotten = record ? ((nowMs - record.atMs) * allowed) / windowMs : 0;
    const level = Math.max(0, (record?.level ?? 0) - forgotten) + 1;
    const delayMs = level < allowed ? 0 : Math.min(maxDelayMs, firstDelayMs * 2 ** (level - allowed));
    this.#records.set(neighbour, { level, atMs: nowMs, slowedUntilMs: nowMs + delayMs });
  }
}
