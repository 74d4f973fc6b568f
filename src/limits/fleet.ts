// One of several gateways that share a database: what it may have of each principal's transfers and rates.
//
// Transfers are lent, by leases that expire unless they are renewed: so many to this gateway as the limit leaves when all
// others' leases are counted, under a lock. What is not in use is given back at once. Rates are shared by telling: every
// second each gateway says how many of its streams want bytes, reads what the others said, and takes its part.
// One thing after the other is written, and each time for all who have come meanwhile.
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import type { SluiceError } from '../errors.ts';
import { toUnavailable } from './away.ts';
import { Errand } from './errand.ts';
import { FairRates } from './fair-rate.ts';
import { WHOLE, countOthers, readOthers, removeExpiredLeases, removeLeases, writeLeases } from './leases.ts';
import type { Others } from './leases.ts';
import { lockPrincipals } from './lock-principals.ts';
import type { Seats } from './seats.ts';
import { PATIENCE_MS, Slots } from './slots.ts';
import type { Lender } from './slots.ts';

/** Every second all leases are renewed, and streams are counted. */
export const RENEW_MS = 1_000;

/** Three renewals may fail. For so long, at the most, a dead gateway's transfers count. */
export const LEASE_MS = 5_000;

/** By how much the gateways' clocks may differ. */
const SKEW_MS = 1_000;

/** Between two looks for somebody who waits. */
const RETRY_MS = 50;

/** Leases that expired so long ago are of gateways that are dead, and not only slow. */
const DEAD_MS = 3_600_000;

export type FleetOptions = {
  readonly database: Kysely<Schema>;
  readonly gatewayId: string;
  /** Of all streams of all gateways; absent is not limited. */
  readonly bytesPerSecond: number | undefined;
  readonly clock: Clock;
  /** Milliseconds since 1970; the gateways' must agree to within a second. */
  readonly now: () => number;
  /** Told once each time the database is away. */
  readonly report: (error: SluiceError) => void;
};

/** What a gateway is to write. */
type Round = {
  readonly startedMs: number;
  /** Whether all of its leases are to be renewed. */
  readonly isBeat: boolean;
  readonly asking: ReadonlyMap<string, Seats>;
  /** Principals whose first stream has come, of which nobody was told. */
  readonly fresh: ReadonlySet<string>;
  /** Principals whose leases have changed. */
  readonly changed: ReadonlySet<string>;
};

/** Whoever made it calls `close()`. */
export class Fleet implements Lender {
  readonly slots: Slots;
  readonly rates: FairRates;
  readonly #options: FleetOptions;
  readonly #errand: Errand;
  /** Of each principal, how many streams were said to want bytes. */
  readonly #streams = new Map<string, number>();
  #fresh = new Set<string>();
  #othersCount = 0;
  #beatAtMs: number;
  #lastBeatMs: number;
  #sweepAtMs: number;
  /** After its leases had lapsed, the others' may have too: it asks for none until they have renewed theirs. */
  #askFromMs = -Infinity;
  #isAway = false;

  constructor(options: FleetOptions) {
    const { clock, bytesPerSecond } = options;
    this.#options = options;
    this.slots = new Slots(clock, this);
    this.rates = new FairRates({ clock, bytesPerSecond, onFirst: (principal) => this.#tellOf(principal) });
    this.#beatAtMs = clock.now();
    this.#lastBeatMs = clock.now();
    this.#sweepAtMs = clock.now();
    this.#errand = new Errand(clock, () => this.#round());
    this.#errand.ask();
  }

  /** How many gateways live, as far as is known. */
  get gatewayCount(): number {
    return this.#othersCount + 1;
  }

  get isLapsed(): boolean {
    return this.#options.clock.now() - this.#lastBeatMs >= LEASE_MS - SKEW_MS;
  }

  wanted(): void {
    this.#errand.ask();
  }

  spared(): void {
    if (!this.#isAway) this.#errand.ask();
  }

  /** Gives back all that was lent, where that can be told. */
  async close(): Promise<void> {
    const { database, gatewayId, report } = this.#options;
    await this.#errand.close();
    try {
      await removeLeases(database, gatewayId);
    } catch (cause) {
      report(toUnavailable('leases cannot be given back, and expire by themselves', cause));
    }
  }

  #tellOf(principal: string): void {
    this.#fresh.add(principal);
    this.#errand.ask();
  }

  /** Says when it is due again. */
  async #round(): Promise<number> {
    const round = this.#plan();
    try {
      await this.#write(round);
      if (round.isBeat) await this.#beat(round);
      else if (round.fresh.size > 0) await this.#share(round.fresh);
      this.#isAway = false;
    } catch (cause) {
      const error = toUnavailable('leases cannot be written', cause);
      if (!this.#isAway) this.#options.report(error);
      this.#isAway = true;
      for (const seats of round.asking.values()) seats.failAll(error);
      for (const principal of round.fresh) this.#fresh.add(principal);
    }
    if (round.isBeat) this.#beatAtMs = round.startedMs + RENEW_MS;
    return Math.min(this.#beatAtMs, this.#toRetryMs());
  }

  #plan(): Round {
    const startedMs = this.#options.clock.now();
    // After a failure nobody knows what of it was written.
    const isBeat = startedMs >= this.#beatAtMs || this.#isAway || this.isLapsed;
    const fresh = this.#fresh;
    this.#fresh = new Set();
    for (const principal of fresh) this.#streams.set(principal, Math.max(1, this.#streams.get(principal) ?? 0));
    const asking = new Map<string, Seats>();
    const changed = new Set(fresh);
    const mayAsk = !this.isLapsed && startedMs >= this.#askFromMs;
    for (const [principal, seats] of this.slots.seats) {
      if (!mayAsk) seats.failAll(toUnavailable('transfers were not counted for a while'));
      if (seats.wantedCount > 0 && startedMs >= seats.refusedAtMs + RETRY_MS) asking.set(principal, seats);
      // While the database is away what was lent may be used again, until it may be somebody else's.
      if (seats.spareCount === 0 || (this.#isAway && !this.isLapsed)) continue;
      // Before it is written: from then on it is not this one's.
      seats.lentCount -= seats.spareCount;
      changed.add(principal);
    }
    return { startedMs, isBeat, asking, fresh, changed };
  }

  /** Writes what has changed, or everything; who asks is lent what the others leave. */
  async #write({ isBeat, asking, changed }: Round): Promise<void> {
    const { database } = this.#options;
    const principals = new Set([...changed, ...asking.keys()]);
    if (isBeat) for (const principal of this.#recount()) principals.add(principal);
    if (asking.size === 0) {
      if (principals.size > 0) await this.#writeLeases(database, principals);
    } else {
      const lent = await database.transaction().execute(async (transaction) => {
        await lockPrincipals(transaction, 'leases', [...asking.keys()]);
        const others = await this.#readOthers(transaction, asking.keys());
        const lent = toLoans(asking, others);
        await this.#writeLeases(transaction, principals, lent);
        return lent;
      });
      for (const [principal, seats] of asking) this.#lend(principal, seats, lent.get(principal)!);
    }
    for (const [principal, seats] of this.slots.seats) if (seats.isEmpty) this.slots.serve(principal, seats);
  }

  #lend(principal: string, seats: Seats, { count, othersCount }: Loan): void {
    seats.lentCount += count;
    seats.othersCount = othersCount;
    this.slots.serve(principal, seats);
    if (seats.wantedCount === 0) return;
    const now = this.#options.clock.now();
    seats.refusedAtMs = now;
    seats.refuseSince(now - PATIENCE_MS);
  }

  /** Counts the streams that want bytes; gives the principals of whom there is something to say. */
  *#recount(): Generator<string> {
    const sinceMs = this.#options.clock.now() - RENEW_MS;
    const before = [...this.#streams.keys()];
    this.#streams.clear();
    for (const [principal, count] of this.rates.activeCounts(sinceMs)) this.#streams.set(principal, count);
    this.#streams.set(WHOLE, this.rates.activeCount(sinceMs));
    yield* before;
    yield* this.#streams.keys();
    yield* this.slots.seats.keys();
  }

  async #writeLeases(
    database: Kysely<Schema>,
    principals: ReadonlySet<string>,
    lent?: ReadonlyMap<string, Loan>,
  ): Promise<void> {
    const { gatewayId: gateway, now } = this.#options;
    const toTransfers = (principal: string) =>
      (this.slots.seats.get(principal)?.lentCount ?? 0) + (lent?.get(principal)?.count ?? 0);
    const leases = Array.from(principals, (principal) => ({
      principal,
      transfers: toTransfers(principal),
      streams: this.#streams.get(principal) ?? 0,
    }));
    await writeLeases(database, { gateway, leases, expiresAt: now() + LEASE_MS });
  }

  async #beat({ startedMs }: Round): Promise<void> {
    const { database, gatewayId: gateway, now } = this.#options;
    const hadLapsed = this.isLapsed;
    this.#lastBeatMs = startedMs;
    if (hadLapsed) this.#askFromMs = this.#options.clock.now() + 2 * RENEW_MS;
    await this.#share(this.#streams.keys());
    this.#othersCount = await countOthers(database, { gateway, now: now() });
    if (startedMs < this.#sweepAtMs) return;
    this.#sweepAtMs = startedMs + DEAD_MS;
    await removeExpiredLeases(database, now() - DEAD_MS);
  }

  /** Takes this gateway's part of the rates, as many of all streams as are its own. */
  async #share(principals: Iterable<string>): Promise<void> {
    const names = [...principals];
    const others = await this.#readOthers(this.#options.database, names);
    for (const principal of names) {
      const count = Math.max(1, this.#streams.get(principal) ?? 0);
      const share = count / (count + (others.get(principal)?.streams ?? 0));
      if (principal === WHOLE) this.rates.setShareOfWhole(share);
      else this.rates.setShare(principal, share);
    }
  }

  #readOthers(database: Kysely<Schema>, principals: Iterable<string>): Promise<ReadonlyMap<string, Others>> {
    const { gatewayId: gateway, now } = this.#options;
    return readOthers(database, { gateway, principals: [...principals], now: now() });
  }

  /** When to look again for those who wait. */
  #toRetryMs(): number {
    let retryMs = Infinity;
    for (const { wantedCount, refusedAtMs } of this.slots.seats.values())
      if (wantedCount > 0) retryMs = Math.min(retryMs, refusedAtMs + RETRY_MS);
    return retryMs;
  }
}

type Loan = { readonly count: number; readonly othersCount: number };

/** To each who asks as many as they want, of what their limit leaves. */
function toLoans(asking: ReadonlyMap<string, Seats>, others: ReadonlyMap<string, Others>): ReadonlyMap<string, Loan> {
  const loans = new Map<string, Loan>();
  for (const [principal, { limit, lentCount, wantedCount }] of asking) {
    const othersCount = others.get(principal)?.transfers ?? 0;
    const count = Math.max(0, Math.min(wantedCount, limit - othersCount - lentCount));
    loans.set(principal, { count, othersCount });
  }
  return loans;
}
