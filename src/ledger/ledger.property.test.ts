// For random histories of begins, counts, ends, crashes at any byte, absences of the database and restarts: each
// transfer that began has one row and one outcome, and its counts are at most a second short of the truth.
import { afterEach, beforeEach, it } from 'node:test';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { Random } from '../random.test-double.ts';
import { AwayDatabase } from './away-database.test-double.ts';
import { History } from './history.test-double.ts';
import { LedgerTrial } from './ledger-trial.test-double.ts';

const HISTORIES = 20;
const STEPS = 150;

onEveryDatabase('the books of a random history', (open) => {
  let trial: LedgerTrial;

  beforeEach(async () => {
    trial = await LedgerTrial.open();
  });

  afterEach(async () => {
    await trial.end();
  });

  for (let seed = 0; seed < HISTORIES; seed += 1) {
    it(`are right in the end (seed ${seed})`, async () => {
      const history = new History(trial, new AwayDatabase(await open()), new Random(seed));
      for (let step = 0; step < STEPS; step += 1) await history.step();
      await history.end();
    });
  }
});
