// A random history of gateways that share a folder and a database, and what the books must say of it in the end.
import assert from 'node:assert/strict';
import { settle as endTurn } from '../clock.test-double.ts';
import type { Random } from '../random.test-double.ts';
import { AwayDatabase } from './away-database.test-double.ts';
import { countsOf, readTransfers, startOf } from './ledger-trial.test-double.ts';
import type { LedgerTrial, Life } from './ledger-trial.test-double.ts';
import type { OpenRow, TransferCounts, TransferEnd } from './ledger.ts';
import type { Transfer } from './transfer-list.ts';

/** What is true of a transfer. */
type Truth = {
  readonly object: string;
  readonly row: OpenRow;
  counts: TransferCounts;
  /** What was delivered, and since when. */
  readonly delivered: { readonly sinceMs: number; readonly bytes: number }[];
  end: TransferEnd | undefined;
  /** Whether its beginning, and its end, were written before anything else happened. */
  isBegun: boolean;
  isEnded: boolean;
  /** The least that is known after a crash. */
  leastBytes: number;
};

type Gateway = { readonly life: Life; readonly truths: Truth[] };

/** How old the counts may be that a crash leaves. */
const LATE_MS = 1000;

const TURNED = Symbol('turned');
const toTurned = (): unknown => TURNED;

export class History {
  readonly #trial: LedgerTrial;
  readonly #away: AwayDatabase;
  readonly #random: Random;
  readonly #gateways: Gateway[] = [];
  readonly #truths: Truth[] = [];

  constructor(trial: LedgerTrial, away: AwayDatabase, random: Random) {
    this.#trial = trial;
    this.#away = away;
    this.#random = random;
  }

  async step(): Promise<void> {
    const gateway = this.#gateways.length === 0 ? this.#start() : this.#random.pick([...this.#gateways] as [Gateway]);
    const atMs = gateway.life.clock.now();
    const open = gateway.truths.filter(({ end }) => !end);
    const truth = open[this.#random.below(open.length)];
    /** Each with how likely it is; those that end the turn of the event loop say so. */
    const steps: readonly [number, () => unknown][] = [
      [20, () => this.#begin(gateway)],
      [15, () => truth && this.#progress(truth, atMs)],
      [12, () => truth && this.#end(truth)],
      [20, () => endTurn().then(() => TURNED)],
      [15, () => this.#pass(gateway, this.#random.upTo(5000))],
      [4, () => (this.#away.isAway = !this.#away.isAway)],
      [2, () => (this.#away.losesAnswers = !this.#away.losesAnswers)],
      [3, () => gateway.life.ledger.flush().then(toTurned, toTurned)],
      [3, () => void gateway.life.ledger.recover().catch(() => {})],
      [1, () => (this.#trial.nowMs += 600_000)],
      [2, () => gateway.life.disk.crash()],
      [3, () => (gateway.life.disk.bytesToCrash = this.#random.below(2000))],
      [1, () => this.#close(gateway)],
      [2, () => this.#gateways.length < 3 && this.#start()],
    ];
    let drawn = this.#random.below(steps.reduce((sum, [weight]) => sum + weight, 0));
    const step = steps.find(([weight]) => (drawn -= weight) < 0)!;
    const isTurned = (await step[1]()) === TURNED;
    this.#look(gateway, { atMs, isTurned });
  }

  /** Ends all, by crashes or in order, and lets one more gateway settle what they have left. */
  async end(): Promise<void> {
    for (const gateway of [...this.#gateways]) {
      if (this.#random.chance(50)) gateway.life.disk.crash();
      else await this.#close(gateway);
      this.#look(gateway, { atMs: gateway.life.clock.now(), isTurned: false });
    }
    this.#away.isAway = false;
    this.#away.losesAnswers = false;
    const { ledger, gatewayId } = this.#start().life;
    // The first may be a look that was going on while the database was away.
    await ledger.recover().catch(() => {});
    await ledger.recover();
    assert.deepEqual(this.#trial.list(''), [gatewayId]);
    await this.#check();
  }

  #start(): Gateway {
    const own = new AwayDatabase(this.#away.database);
    const life = this.#trial.begin(own.database, { maxJournalBytes: 16_000 });
    // The dead write to no database.
    life.disk.onCrash = () => (own.isAway = true);
    const gateway = { life, truths: [] };
    this.#gateways.push(gateway);
    return gateway;
  }

  #begin({ life, truths }: Gateway): void {
    const object = `object-${this.#truths.length}`;
    const sinceMs = life.clock.now();
    const row = life.ledger.open(startOf({ id: object, startedAt: new Date(this.#trial.nowMs) }), () => truth.counts);
    const truth: Truth = {
      object,
      row,
      counts: countsOf({ status: undefined, deliveredBytes: 0, receivedBytes: 0 }),
      delivered: [{ sinceMs, bytes: 0 }],
      end: undefined,
      isBegun: false,
      isEnded: false,
      leastBytes: 0,
    };
    truths.push(truth);
    this.#truths.push(truth);
  }

  #progress(truth: Truth, sinceMs: number): void {
    const receivedBytes = truth.counts.receivedBytes + this.#random.upTo(1_000_000);
    const room = receivedBytes - truth.counts.deliveredBytes;
    const deliveredBytes = truth.counts.deliveredBytes + this.#random.upTo(room);
    const resumedCount = truth.counts.resumedCount + this.#random.below(2);
    truth.counts = countsOf({ deliveredBytes, receivedBytes, resumedCount });
    truth.delivered.push({ sinceMs, bytes: deliveredBytes });
  }

  #end(truth: Truth): void {
    const outcome = this.#random.pick<TransferEnd['outcome']>([
      'complete',
      'client-gone',
      'source-failed',
      'cut-short',
    ]);
    const overReadBytes = truth.counts.receivedBytes - truth.counts.deliveredBytes;
    const end = { ...truth.counts, overReadBytes, outcome, error: undefined, durationMs: 5 };
    truth.end = end;
    truth.row.settle(end);
  }

  async #pass({ life }: Gateway, ms: number): Promise<unknown> {
    this.#trial.nowMs += ms;
    await life.clock.advance(ms);
    return TURNED;
  }

  async #close(gateway: Gateway): Promise<unknown> {
    await gateway.life.ledger.close();
    this.#forget(gateway);
    this.#bound(gateway, gateway.life.clock.now());
    return TURNED;
  }

  /** Learns from the disk what has become of a step that began at `atMs`. */
  #look(gateway: Gateway, { atMs, isTurned }: { readonly atMs: number; readonly isTurned: boolean }): void {
    if (gateway.life.disk.isCrashed) {
      this.#forget(gateway);
      this.#bound(gateway, atMs);
    } else if (isTurned) this.#remember(gateway);
  }

  #remember({ truths }: Gateway): void {
    for (const truth of truths) {
      truth.isBegun = true;
      truth.isEnded = truth.end !== undefined;
    }
  }

  #bound({ truths }: Gateway, atMs: number): void {
    for (const truth of truths) {
      const known = truth.delivered.filter(({ sinceMs }) => sinceMs <= atMs - LATE_MS);
      truth.leastBytes = known.at(-1)?.bytes ?? 0;
    }
  }

  #forget(gateway: Gateway): void {
    const at = this.#gateways.indexOf(gateway);
    if (at !== -1) this.#gateways.splice(at, 1);
  }

  async #check(): Promise<void> {
    const rows = Map.groupBy(await readTransfers(this.#away.database), ({ object }) => object);
    for (const truth of this.#truths) {
      const found = rows.get(truth.object) ?? [];
      if (found.length === 0 && !truth.isBegun) continue;
      assert.equal(found.length, 1, `${truth.object} has one row`);
      check(truth, found[0]!);
      rows.delete(truth.object);
    }
    assert.equal(rows.size, 0, 'no row without a transfer');
  }
}

function check(truth: Truth, { object, outcome, error, deliveredBytes, receivedBytes }: Transfer): void {
  assert.ok(deliveredBytes <= receivedBytes, `${object}: delivered what was received`);
  if (truth.isEnded || (truth.end && error === undefined)) {
    const { end } = truth;
    const expected = [end?.outcome, undefined, end?.deliveredBytes, end?.receivedBytes];
    assert.deepEqual([outcome, error, deliveredBytes, receivedBytes], expected, object);
    return;
  }
  assert.deepEqual([outcome, error], ['cut-short', 'gateway-lost'], object);
  assert.ok(deliveredBytes <= truth.counts.deliveredBytes, `${object}: no more than the truth`);
  assert.ok(deliveredBytes >= truth.leastBytes, `${object}: ${deliveredBytes} of at least ${truth.leastBytes}`);
}
