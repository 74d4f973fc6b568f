// The limits of one gateway, put together: how many transfers at once, how many bytes a day, how many a second, in this
// order, for a principal; and beside each what all principals together may have.
import type { Kysely } from 'kysely';
import type { Clock } from '../clock.ts';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import type { Pace } from '../flow/pace.ts';
import { DayQuotas } from './day-quotas.ts';
import type { DayTicket } from './day-quotas.ts';
import { FairRates } from './fair-rate.ts';
import type { RatedStream } from './fair-rate.ts';
import { Fleet } from './fleet.ts';
import { WHOLE } from './leases.ts';
import type { Limits, Permit, Quota, Refusal, Standing, WholeQuota } from './limits.ts';
import type { Quotas } from './quotas.ts';
import { Slots } from './slots.ts';
import type { Slot } from './slots.ts';

export type LimitsOptions = {
  readonly database: Kysely<Schema>;
  /** Of this life of this process, and of no other. */
  readonly gatewayId: string;
  /** Whether other gateways have the same database, and the limits count for all together. Default: no. */
  readonly shared?: boolean | undefined;
  readonly quotas: Quotas;
  /** Of all principals together. Default: nothing is limited. */
  readonly whole?: WholeQuota | undefined;
  readonly clock?: Clock | undefined;
  /** Milliseconds since 1970; those of gateways that share must agree to within a second. Default: the machine's. */
  readonly now?: (() => number) | undefined;
  /** Told once each time the database is away. */
  readonly report?: ((error: SluiceError) => void) | undefined;
};

/** Whoever made them calls `close()`, when no transfer is under way. It never rejects. */
export type OpenLimits = Limits & { close(): Promise<void> };

/** Nobody knows when a transfer ends; a client that asks again so soon does no harm. */
const TRANSFERS_RESET_MS = 1_000;

const FREE: Permit = { kind: 'permit', pace: undefined, standings: [], end: () => {} };

export function createLimits(options: LimitsOptions): OpenLimits {
  return new GatewayLimits(options);
}

type Asked = { readonly principal: string; readonly quota: Quota; readonly signal: AbortSignal };

class GatewayLimits implements OpenLimits {
  readonly #quotas: Quotas;
  readonly #whole: WholeQuota;
  readonly #fleet: Fleet | undefined;
  readonly #slots: Slots;
  readonly #rates: FairRates;
  readonly #days: DayQuotas;

  constructor(options: LimitsOptions) {
    const { database, gatewayId, shared = false, quotas, whole = {}, clock = SYSTEM_CLOCK } = options;
    const { now = Date.now, report = () => {} } = options;
    const { bytesPerSecond } = whole;
    this.#quotas = quotas;
    this.#whole = whole;
    this.#fleet = shared ? new Fleet({ database, gatewayId, bytesPerSecond, clock, now, report }) : undefined;
    this.#slots = this.#fleet?.slots ?? new Slots(clock);
    this.#rates = this.#fleet?.rates ?? new FairRates({ clock, bytesPerSecond });
    const gatewayCount = () => this.#fleet?.gatewayCount ?? 1;
    this.#days = new DayQuotas({ database, clock, now, gatewayCount, report });
  }

  begin(principal: string, { signal }: { readonly signal: AbortSignal }): Permit | Refusal | Promise<Permit | Refusal> {
    if (principal === WHOLE) return Promise.reject(new SluiceError('misuse', 'a principal has no name; want one'));
    const quota = this.#quotas.of(principal);
    if (quota instanceof Promise) return quota.then((found) => this.#beginWith({ principal, quota: found, signal }));
    return this.#beginWith({ principal, quota, signal });
  }

  async close(): Promise<void> {
    await this.#days.close();
    await this.#fleet?.close();
  }

  #beginWith(asked: Asked): Permit | Promise<Permit | Refusal> {
    return isFree(asked.quota) && isFree(this.#whole) ? FREE : this.#admit(asked);
  }

  async #admit(asked: Asked): Promise<Permit | Refusal> {
    /** What to let go of, whatever comes. */
    const ends: (() => void)[] = [];
    const end = () => {
      for (const letGo of ends.splice(0)) letGo();
    };
    try {
      const answer = await this.#acquire(asked, ends);
      if (asked.signal.aborted) throw new SluiceError('closed', 'the transfer was given up');
      if ('limit' in answer) {
        end();
        return { kind: 'refusal', standing: answer };
      }
      return { kind: 'permit', ...answer, end };
    } catch (error) {
      end();
      throw error;
    }
  }

  /** All that a transfer needs, or the limit that it is at. */
  async #acquire(
    { principal, quota, signal }: Asked,
    ends: (() => void)[],
  ): Promise<Pick<Permit, 'pace' | 'standings'> | Standing> {
    const standings: Standing[] = [];
    if (quota.transfers !== undefined) {
      const slot = await this.#slots.take(principal, { limit: quota.transfers, signal });
      if (!slot) return toStanding(quota.transfers);
      ends.push(() => slot.end());
      standings.push(toStanding(quota.transfers, slot));
    }
    if (this.#whole.transfers !== undefined) {
      const slot = await this.#slots.take(WHOLE, { limit: this.#whole.transfers, signal });
      if (!slot) throw toOverloaded(this.#whole.transfers);
      ends.push(() => slot.end());
    }
    let ticket: DayTicket | undefined;
    if (quota.bytesPerDay !== undefined) {
      const answer = await this.#days.begin(principal, { quotaBytes: quota.bytesPerDay, signal });
      if ('limit' in answer) return answer;
      ticket = answer;
      ends.push(() => answer.end());
      standings.push(answer.standing);
    }
    const stream = this.#rates.open(principal, quota.bytesPerSecond);
    if (stream) ends.push(() => stream.end());
    return { pace: toPace(stream, ticket), standings };
  }
}

function isFree({ transfers, bytesPerSecond, bytesPerDay }: Quota): boolean {
  return transfers === undefined && bytesPerSecond === undefined && bytesPerDay === undefined;
}

function toStanding(quota: number, slot?: Slot): Standing {
  return { limit: 'transfers', quota, left: slot?.leftCount ?? 0, resetMs: TRANSFERS_RESET_MS };
}

function toOverloaded(limit: number): SluiceError {
  const message = `all ${limit} transfers that may be at once are under way`;
  return new SluiceError('overloaded', message, { retryable: true, retryAfterMs: TRANSFERS_RESET_MS });
}

/** A piece waits for its turn first: what is taken off the day is delivered at once. */
function toPace(stream: RatedStream | undefined, ticket: DayTicket | undefined): Pace | undefined {
  if (!ticket) return stream;
  if (!stream) return ticket;
  const { bytesPerSecond } = stream;
  const take: Pace['take'] = (bytes, options) => {
    const paced = stream.take(bytes, options);
    if (typeof paced === 'number') return ticket.take(paced, options);
    return paced.then((taken) => {
      if (options.signal.aborted) throw new SluiceError('closed', 'the transfer is over');
      return ticket.take(taken, options);
    });
  };
  return { bytesPerSecond, take };
}
