import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { crc32 } from 'node:zlib';
import type { Kysely } from 'kysely';
import { settle as endTurn } from '../clock.test-double.ts';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import type { Schema } from '../database/schema.ts';
import { AwayDatabase } from './away-database.test-double.ts';
import { countsOf, endOf, LedgerTrial, readTransfers, startOf } from './ledger-trial.test-double.ts';

onEveryDatabase('journals that were left', (open) => {
  let trial: LedgerTrial;

  beforeEach(async () => {
    trial = await LedgerTrial.open();
  });

  afterEach(async () => {
    await trial.end();
  });

  /** A process that dies with one row settled and one under way, none of them in the database. Gives its folder. */
  async function die(database: Kysely<Schema>): Promise<string> {
    const { ledger, clock, disk, gatewayId } = trial.begin(new AwayDatabase(database).database);
    ledger.open(startOf({ id: 'open' }), () => countsOf({ deliveredBytes: 7 }));
    await clock.advance(1000);
    ledger.open(startOf({ id: 'new' }), countsOf);
    ledger.open(startOf({ id: 'settled' }), countsOf).settle(endOf());
    await endTurn();
    disk.crash();
    return join(trial.folder, gatewayId);
  }

  async function readOutcomes(database: Kysely<Schema>): Promise<readonly unknown[][]> {
    const transfers = await readTransfers(database);
    return transfers
      .map(({ object, deliveredBytes, outcome, error }) => [object, deliveredBytes, outcome, error])
      .toSorted((a, b) => String(a[0]).localeCompare(String(b[0])));
  }

  const OUTCOMES = [
    ['new', 0, 'cut-short', 'gateway-lost'],
    ['open', 7, 'cut-short', 'gateway-lost'],
    ['settled', 1000, 'complete', undefined],
  ];

  it('are settled by the next that starts, and removed', async () => {
    const database = await open();
    await die(database);
    const { ledger, gatewayId } = trial.begin(database);
    await ledger.recover();
    assert.deepEqual(await readOutcomes(database), OUTCOMES);
    assert.deepEqual(trial.list(''), [gatewayId]);
    assert.deepEqual(trial.reports, []);
  });

  it('are settled once, however often that was interrupted', async () => {
    const away = new AwayDatabase(await open());
    await die(away.database);
    for (const sabotage of ['isAway', 'losesAnswers'] as const) {
      away[sabotage] = true;
      const { ledger, disk } = trial.begin(away.database);
      await assert.rejects(ledger.recover());
      disk.crash();
      away[sabotage] = false;
    }
    await trial.begin(away.database).ledger.recover();
    assert.deepEqual(await readOutcomes(away.database), OUTCOMES);
  });

  it('stay what they are where they are of somebody living', async () => {
    const database = await open();
    const living = trial.begin(database);
    living.ledger.open(startOf(), countsOf);
    await endTurn();
    await trial.begin(database).ledger.recover();
    assert.deepEqual(await readTransfers(database), []);
    assert.equal(trial.list(living.gatewayId).includes('log-0000000001'), true);
  });

  it('lose no more than a line that was torn', async () => {
    const database = await open();
    const folder = await die(database);
    const log = join(folder, 'log-0000000001');
    await truncate(log, (await readFile(log)).length - 2);
    await appendFile(join(folder, 'open-0000000001'), 'torn');
    await trial.begin(database).ledger.recover();
    // The line that was torn is the one that settled it.
    assert.deepEqual(await readOutcomes(database), OUTCOMES.slice(0, 2));
    assert.equal(trial.reports.length, 2);
    for (const { message } of trial.reports) assert.match(message, /1 damaged or torn lines/);
  });

  it('of a newer program are left to it', async () => {
    const database = await open();
    const folder = await die(database);
    const line = '2s{}';
    await writeFile(join(folder, 'log-0000000002'), `${crc32(line).toString(16).padStart(8, '0')}${line}\n`);
    await trial.begin(database).ledger.recover();
    assert.match(trial.reports[0]!.message, /a newer sluice/);
    assert.equal(trial.reports.length, 1);
    assert.equal(trial.list('gateway-1').includes('log-0000000002'), true);
  });

  it('are no folders that are empty, which go, and no files of others, which stay', async () => {
    const database = await open();
    await mkdir(join(trial.folder, 'empty'));
    await mkdir(join(trial.folder, 'other'));
    await writeFile(join(trial.folder, 'other', 'file'), 'x');
    await writeFile(join(trial.folder, 'file'), 'x');
    const { ledger, gatewayId } = trial.begin(database);
    await ledger.recover();
    assert.deepEqual(trial.list('').toSorted(), ['file', gatewayId, 'other']);
  });

  it('do not make a row that was settled and removed from the journal less than it is', async () => {
    const database = await open();
    // Segments of one line or two.
    const { ledger, clock, disk } = trial.begin(database, { maxJournalBytes: 3000 });
    const row = ledger.open(startOf({ id: 'a' }), countsOf);
    await clock.advance(1000);
    row.settle(endOf());
    for (let count = 0; count < 4; count += 1) {
      ledger.open(startOf({ id: `b${count}` }), countsOf).settle(endOf());
      await endTurn();
    }
    await ledger.flush();
    disk.crash();
    await trial.begin(database).ledger.recover();
    const outcomes = await readOutcomes(database);
    assert.deepEqual(outcomes[0], ['a', 1000, 'complete', undefined]);
    assert.equal(outcomes.length, 5);
  });
});
