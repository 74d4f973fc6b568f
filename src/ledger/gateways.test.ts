import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, it, test } from 'node:test';
import type { Kysely } from 'kysely';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { countsOf, endOf, LedgerTrial, readTransfers, startOf, STARTED_AT } from './ledger-trial.test-double.ts';
import { createGatewayId, sayAlive, settleLostGateways } from './gateways.ts';

const MINUTE_MS = 60_000;

test('each life of a gateway has an id of its own, which names a folder', () => {
  assert.match(createGatewayId('node-1.example.org'), /^node-1-example-org-[0-9a-f]{12}$/);
  assert.match(createGatewayId('../é'.repeat(100)), /^[\w-]{1,80}$/);
  assert.notEqual(createGatewayId('a'), createGatewayId('a'));
});

onEveryDatabase('gateways that share a database', (open) => {
  let trial: LedgerTrial;

  beforeEach(async () => {
    trial = await LedgerTrial.open();
  });

  afterEach(async () => {
    await trial.end();
  });

  async function readOutcomes(database: Kysely<Schema>): Promise<readonly unknown[][]> {
    const transfers = await readTransfers(database);
    const sorted = transfers.toSorted((a, b) => a.object.localeCompare(b.object));
    return sorted.map(({ object, deliveredBytes, outcome, error }) => [object, deliveredBytes, outcome, error]);
  }

  async function readGateways(database: Kysely<Schema>): Promise<readonly unknown[]> {
    const rows = await database.selectFrom('gateways').selectAll().orderBy('id').execute();
    return rows.map((row) => ({ ...row }));
  }

  it('say that they live, every ten seconds', async () => {
    const database = await open();
    const { ledger, clock } = trial.begin(database);
    await ledger.recover();
    const started_at = STARTED_AT.getTime();
    assert.deepEqual(await readGateways(database), [{ id: 'gateway-1', started_at, alive_until: started_at + 30_000 }]);
    trial.nowMs += 10_000;
    await clock.advance(10_000);
    await ledger.close();
    assert.deepEqual(await readGateways(database), []);
  });

  it('settle what another has left open that is dead for long, and whose journal is gone', async () => {
    const database = await open();
    const lost = trial.begin(database);
    await lost.ledger.recover();
    lost.ledger.open(startOf({ id: 'lost' }), countsOf);
    lost.ledger.open(startOf({ id: 'settled' }), countsOf).settle(endOf());
    await lost.clock.advance(1000);
    await lost.ledger.flush();
    lost.disk.crash();
    await rm(join(trial.folder, lost.gatewayId), { recursive: true });
    trial.nowMs += 5 * MINUTE_MS;
    const { ledger } = trial.begin(database);
    await ledger.recover();
    assert.deepEqual((await readOutcomes(database))[0], ['lost', 10, undefined, undefined]);
    trial.nowMs += MINUTE_MS;
    await ledger.recover();
    assert.deepEqual(await readOutcomes(database), [
      ['lost', 10, 'cut-short', 'gateway-lost'],
      ['settled', 1000, 'complete', undefined],
    ]);
    // The living one says so on a connection of its own, and may still be about to.
    while ((await readGateways(database)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await readGateways(database)).length, 1);
  });

  it('leave the rows of those alone that live, or whose journal is here', async () => {
    const database = await open();
    const living = trial.begin(database);
    const journalled = trial.begin(database);
    for (const { ledger, clock } of [living, journalled]) {
      await ledger.recover();
      ledger.open(startOf(), countsOf);
      await clock.advance(1000);
      await ledger.flush();
    }
    const nowMs = trial.nowMs + 10 * MINUTE_MS;
    await sayAlive(database, { id: living.gatewayId, startedAtMs: 0 }, nowMs);
    await settleLostGateways(database, { nowMs, except: [journalled.gatewayId] });
    const transfers = await readTransfers(database);
    assert.deepEqual(
      transfers.map(({ outcome }) => outcome),
      [undefined, undefined],
    );
  });

  it('have their rows put right when they come back, or their journals do', async () => {
    const database = await open();
    const lives = [trial.begin(database), trial.begin(database)] as const;
    const rows = [];
    let deliveredBytes = 10;
    for (const { ledger, clock, gatewayId } of lives) {
      await ledger.recover();
      rows.push(ledger.open(startOf({ id: gatewayId }), () => countsOf({ deliveredBytes })));
      await clock.advance(1000);
      await ledger.flush();
    }
    deliveredBytes = 15;
    for (const { clock } of lives) await clock.advance(1000);
    await settleLostGateways(database, { nowMs: trial.nowMs + 10 * MINUTE_MS, except: [] });
    assert.deepEqual(await readOutcomes(database), [
      ['gateway-1', 10, 'cut-short', 'gateway-lost'],
      ['gateway-2', 10, 'cut-short', 'gateway-lost'],
    ]);
    rows[0]!.settle(endOf());
    await lives[0].ledger.flush();
    lives[1].disk.crash();
    await lives[0].ledger.recover();
    assert.deepEqual(await readOutcomes(database), [
      ['gateway-1', 1000, 'complete', undefined],
      ['gateway-2', 15, 'cut-short', 'gateway-lost'],
    ]);
  });
});
