// A gateway process that keeps books until it is killed: `node kill-child.test-double.ts DATABASE FOLDER`. What it says
// on its standard output is true when it says so, and written before it does anything else.
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SYSTEM_CLOCK } from '../clock.ts';
import { openPostgres } from '../database/postgres.ts';
import { openSqlite } from '../database/sqlite.ts';
import { openDatabaseLedger } from './database-ledger.ts';
import { countsOf, endOf, startOf } from './ledger-trial.test-double.ts';

/** How much faster its seconds go by. */
const HASTE = 50;

const LONG_TRANSFERS = 5;

const [location = '', folder = ''] = process.argv.slice(2);

function say(...words: readonly (string | number)[]): void {
  writeSync(1, `${words.join(' ')}\n`);
}

const database = await (location.startsWith('postgres') ? openPostgres(location) : openSqlite(location));
const ledger = openDatabaseLedger({
  database,
  folder,
  gatewayId: 'killed',
  report: ({ message }) => say('report', message),
  clock: {
    now: () => SYSTEM_CLOCK.now() * HASTE,
    after: (delayMs, callback) => SYSTEM_CLOCK.after(delayMs / HASTE, callback),
  },
});

for (let number = 0; number < LONG_TRANSFERS; number += 1) {
  let deliveredBytes = 0;
  const id = `long-${number}`;
  ledger.open(startOf({ id, startedAt: new Date() }), () => {
    deliveredBytes += 1;
    say('counted', id, deliveredBytes);
    return countsOf({ deliveredBytes, receivedBytes: deliveredBytes });
  });
}
await nextTurn();
for (let number = 0; ; number += 1) {
  const id = `short-${number}`;
  const row = ledger.open(startOf({ id, startedAt: new Date() }), countsOf);
  await nextTurn();
  say('begun', id);
  row.settle(endOf());
  await nextTurn();
  say('settled', id);
}
