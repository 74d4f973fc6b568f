import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { settle as endTurn } from '../clock.test-double.ts';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { isSluiceError } from '../errors.ts';
import { AwayDatabase } from './away-database.test-double.ts';
import { countsOf, endOf, LedgerTrial, readTransfers, startOf } from './ledger-trial.test-double.ts';
import { segmentsOf } from './segment-writer.ts';

onEveryDatabase('the ledger in the database', (open) => {
  let trial: LedgerTrial;

  beforeEach(async () => {
    trial = await LedgerTrial.open();
  });

  afterEach(async () => {
    await trial.end();
  });

  it('books a transfer when it has ended', async () => {
    const database = await open();
    const { ledger, gatewayId } = trial.begin(database);
    ledger.open(startOf(), countsOf).settle(endOf());
    await ledger.flush();
    const transfers = await readTransfers(database);
    assert.deepEqual(
      transfers.map(({ outcome, deliveredBytes, gateway }) => [outcome, deliveredBytes, gateway]),
      [['complete', 1000, gatewayId]],
    );
  });

  it('books a transfer that is under way for a second, and how far it is', async () => {
    const database = await open();
    const { ledger, clock } = trial.begin(database);
    let deliveredBytes = 1;
    const row = ledger.open(startOf(), () => countsOf({ deliveredBytes }));
    const delivered = async (): Promise<unknown[]> => {
      await ledger.flush();
      const transfers = await readTransfers(database);
      return transfers.map((transfer) => [transfer.deliveredBytes, transfer.outcome, transfer.durationMs]);
    };
    assert.deepEqual(await delivered(), []);
    await clock.advance(1000);
    assert.deepEqual(await delivered(), [[1, undefined, 1000]]);
    deliveredBytes = 2;
    // Not every second: each is a write.
    await clock.advance(3000);
    assert.deepEqual(await delivered(), [[1, undefined, 1000]]);
    await clock.advance(3000);
    assert.deepEqual(await delivered(), [[2, undefined, 2000]]);
    row.settle(endOf());
    assert.deepEqual(await delivered(), [[1000, 'complete', 12]]);
  });

  it('books by itself', async () => {
    const asked = new AwayDatabase(await open());
    const { ledger, clock } = trial.begin(asked.database);
    await ledger.recover();
    const before = asked.askedCount;
    ledger.open(startOf(), countsOf).settle(endOf());
    await endTurn();
    assert.equal(clock.alarmCount > 0, true);
    await clock.advance(1000);
    // A flush comes after what is going on, and has nothing left to do.
    await ledger.flush();
    assert.equal(asked.askedCount, before + 1);
  });

  it('keeps all while the database is away, and books it when it is back', async () => {
    const away = new AwayDatabase(await open());
    const { ledger, clock } = trial.begin(away.database);
    await ledger.recover();
    away.isAway = true;
    for (let hour = 0; hour < 3; hour += 1) {
      ledger.open(startOf({ id: `object-${hour}` }), countsOf).settle(endOf());
      await clock.advance(3_600_000);
    }
    await assert.rejects(ledger.flush(), (error) => isSluiceError(error, 'unavailable'));
    assert.equal(
      trial.reports.every(({ code }) => code === 'unavailable'),
      true,
    );
    assert.equal(trial.reports.length <= 2, true, 'an absence is said once by each who notices');
    away.isAway = false;
    await ledger.flush();
    const transfers = await readTransfers(away.database);
    assert.deepEqual(
      transfers.map(({ object }) => object),
      ['object-0', 'object-1', 'object-2'],
    );
  });

  it('books a journal of many pieces to its last row', async () => {
    const away = new AwayDatabase(await open());
    const { ledger } = trial.begin(away.database);
    away.isAway = true;
    for (let count = 0; count < 3000; count += 1) {
      ledger.open(startOf({ id: `object-${count}` }), countsOf).settle(endOf());
      if (count % 100 === 0) await endTurn();
    }
    await assert.rejects(ledger.flush());
    away.isAway = false;
    await ledger.flush();
    const objects = (await readTransfers(away.database)).map(({ object }) => object);
    assert.deepEqual([objects.length, objects[0], objects.at(-1)], [3000, 'object-0', 'object-2999']);
  });

  it('removes what is in the database, and keeps what is not', async () => {
    const away = new AwayDatabase(await open());
    // A segment is an eighth of it.
    const { ledger, gatewayId } = trial.begin(away.database, { maxJournalBytes: 8000 });
    const segments = (): number => segmentsOf('log', trial.list(gatewayId)).length;
    away.isAway = true;
    for (let count = 0; count < 20; count += 1) {
      ledger.open(startOf(), countsOf).settle(endOf());
      await endTurn();
    }
    assert.equal(segments() > 2, true);
    away.isAway = false;
    await ledger.flush();
    assert.equal(segments(), 1);
  });

  it('keeps a segment for as long as a transfer under way is known from it alone', async () => {
    const database = await open();
    const { ledger, gatewayId, clock } = trial.begin(database, { maxJournalBytes: 8000 });
    ledger.open(startOf({ id: 'long' }), countsOf);
    for (let count = 0; count < 10; count += 1) {
      ledger.open(startOf(), countsOf).settle(endOf());
      await endTurn();
    }
    await ledger.flush();
    assert.equal(segmentsOf('log', trial.list(gatewayId))[0], 'log-0000000001');
    await clock.advance(1000);
    await ledger.flush();
    assert.notEqual(segmentsOf('log', trial.list(gatewayId))[0], 'log-0000000001');
  });

  it('leaves nothing behind when it is closed', async () => {
    const database = await open();
    const { ledger, clock, disk } = trial.begin(database);
    ledger.open(startOf(), countsOf).settle(endOf());
    await Promise.all([ledger.close(), ledger.close()]);
    assert.equal((await readTransfers(database)).length, 1);
    assert.deepEqual(trial.list(''), []);
    assert.deepEqual([clock.alarmCount, disk.openCount], [0, 0]);
    assert.deepEqual(await database.selectFrom('gateways').selectAll().execute(), []);
    assert.deepEqual(trial.reports, []);
  });

  it('leaves its journal for the next start when it is closed while the database is away', async () => {
    const away = new AwayDatabase(await open());
    const first = trial.begin(away.database);
    await first.ledger.recover();
    away.isAway = true;
    first.ledger.open(startOf({ id: 'ended' }), countsOf).settle(endOf());
    first.ledger.open(startOf({ id: 'open' }), countsOf);
    await first.ledger.close();
    assert.equal(trial.reports.length, 1);
    away.isAway = false;
    const next = trial.begin(away.database);
    await next.ledger.recover();
    const transfers = await readTransfers(away.database);
    assert.deepEqual(
      transfers.map(({ object, outcome, error }) => [object, outcome, error]),
      [
        ['ended', 'complete', undefined],
        ['open', 'cut-short', 'gateway-lost'],
      ],
    );
    assert.deepEqual(trial.list(''), [next.gatewayId]);
  });

  it('says what was lost where somebody takes its files away, and goes on', async () => {
    const database = await open();
    const { ledger, gatewayId } = trial.begin(database);
    ledger.open(startOf(), countsOf).settle(endOf());
    await endTurn();
    await rm(join(trial.folder, gatewayId, 'log-0000000001'));
    await ledger.flush();
    assert.match(trial.reports[0]!.message, /is gone/);
  });

  it('refuses an id that another has, or that names no folder', async () => {
    const database = await open();
    const { gatewayId } = trial.begin(database);
    const isBadConfig = (error: unknown): boolean => isSluiceError(error, 'bad-config');
    assert.throws(() => trial.begin(database, { gatewayId }), isBadConfig);
    assert.throws(() => trial.begin(database, { gatewayId: '../other' }), isBadConfig);
    assert.throws(() => trial.begin(database, { folder: '/dev/null' }), isBadConfig);
  });
});
