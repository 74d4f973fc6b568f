// Random histories of three gateways on one database: transfers begin, are delivered, end, wait and are given up;
// gateways die and others take their place. There are never more transfers at once than may be, and a day never has more
// bytes than its quota; and when everybody has ended all of it is free again.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { usedBytes } from './day-book.ts';
import { LEASE_MS } from './fleet.ts';
import { Gateways, drink } from './gateways.test-double.ts';
import type { Gateway } from './gateways.test-double.ts';
import type { Permit } from './limits.ts';

const PRINCIPALS = ['ada', 'bob'] as const;
const DAY = '2026-11-23';
const QUOTA = { transfers: 3, bytesPerDay: 3_000_000 };

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ begin: fc.constantFrom(...PRINCIPALS), on: fc.nat(2), leaves: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.record({ drink: fc.nat(400_000), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ end: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ pass: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.record({ die: fc.nat(2) }) },
);

type Transfer = { readonly permit: Permit; readonly principal: string; readonly gateway: Gateway };

/** What a history has come to. */
class History {
  readonly #gateways: Gateways;
  readonly #all: Gateway[];
  readonly #transfers: Transfer[] = [];
  readonly delivered = new Map<string, number>();
  #bootCount = 0;

  constructor(gateways: Gateways) {
    this.#gateways = gateways;
    this.#all = [0, 1, 2].map(() => this.#boot());
  }

  async take(one: typeof step extends fc.Arbitrary<infer Value> ? Value : never): Promise<void> {
    if ('begin' in one) this.#begin(one.begin, this.#all[one.on]!, one.leaves === 0);
    else if ('drink' in one) await this.#drink(one.which, one.drink);
    else if ('end' in one) this.#transfers.splice(one.end % (this.#transfers.length || 1), 1)[0]?.permit.end();
    else if ('pass' in one) await this.#gateways.pass(one.pass);
    else this.#die(one.die);
    await this.#gateways.idle();
    this.check();
  }

  check(): void {
    for (const principal of PRINCIPALS) {
      const count = this.#transfers.filter((transfer) => transfer.principal === principal).length;
      assert.ok(count <= QUOTA.transfers, `${count} transfers of ${principal}`);
      const bytes = this.delivered.get(principal) ?? 0;
      assert.ok(bytes <= QUOTA.bytesPerDay, `${bytes} bytes of ${principal}`);
    }
  }

  /** Everybody ends, and what dead gateways had expires. */
  async finish(): Promise<void> {
    await this.#gateways.pass(2000);
    for (const { permit } of this.#transfers.splice(0)) permit.end();
    await this.#gateways.pass(LEASE_MS + 2000);
    for (let count = 0; count < QUOTA.transfers; count += 1) {
      const answer = await this.#gateways.begin(this.#all[count]!, 'ada');
      assert.ok(answer.kind === 'permit' || answer.standing.limit === 'bytes-per-day', 'all transfers are free again');
    }
    await this.#gateways.close();
  }

  #boot(): Gateway {
    return this.#gateways.start(`g${(this.#bootCount += 1)}`, QUOTA);
  }

  #begin(principal: string, gateway: Gateway, leaves: boolean): void {
    const controller = new AbortController();
    const beginning = async (): Promise<void> => {
      const permit = await gateway.limits.begin(principal, { signal: controller.signal });
      if (permit.kind === 'permit' && !gateway.line.isCut) this.#transfers.push({ permit, principal, gateway });
    };
    beginning().catch(() => undefined);
    if (leaves) controller.abort();
  }

  async #drink(which: number, bytes: number): Promise<void> {
    const transfer = this.#transfers[which % (this.#transfers.length || 1)];
    if (!transfer || transfer.gateway.line.isCut) return;
    const drunk = await this.#gateways.settled(drink(transfer.permit, bytes));
    this.delivered.set(transfer.principal, (this.delivered.get(transfer.principal) ?? 0) + drunk);
  }

  /** Its transfers go with it; another takes its place. */
  #die(which: number): void {
    const dead = this.#all[which]!;
    dead.die();
    for (const transfer of this.#transfers.filter(({ gateway }) => gateway === dead))
      this.#transfers.splice(this.#transfers.indexOf(transfer), 1);
    this.#all[which] = this.#boot();
  }
}

onEveryDatabase('limits, whatever happens', (open) => {
  it('are never exceeded, and never stay used up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const database = await open();
        const history = new History(new Gateways(database));
        for (const one of steps) await history.take(one);
        await history.finish();
        for (const principal of PRINCIPALS) {
          const used = await usedBytes(database, { principal, day: DAY });
          assert.ok(used >= (history.delivered.get(principal) ?? 0), 'the book has all that was delivered');
          assert.ok(used <= QUOTA.bytesPerDay);
        }
      }),
      { numRuns: 15 },
    );
  });
});
