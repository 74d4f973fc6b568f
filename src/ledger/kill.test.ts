// A gateway process that is killed with SIGKILL, and the next one, which finds what it has left.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { onEveryLocation } from '../database/every-database.test-double.ts';
import { openPostgres } from '../database/postgres.ts';
import { openSqlite } from '../database/sqlite.ts';
import { openDatabaseLedger } from './database-ledger.ts';
import { readTransfers } from './ledger-trial.test-double.ts';
import type { Transfer } from './transfer-list.ts';

const CHILD = fileURLToPath(new URL('./kill-child.test-double.ts', import.meta.url));

/** So often the child has counted when it is killed, and has done much else. */
const COUNTED = 20;

/** What the child has said: the last count of each object, and how far it got with others. */
type Said = { readonly counted: Map<string, number>; readonly begun: Set<string>; readonly settled: Set<string> };

onEveryLocation('a gateway that is killed', (locate) => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-kill-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('has each of its transfers in the books, once, with its last counts', async () => {
    const location = await locate();
    const said = await runUntilKilled(location, folder);
    const database = await (location.startsWith('postgres') ? openPostgres(location) : openSqlite(location));
    try {
      const report = (error: Error): void => assert.match(error.message, /damaged or torn/);
      const ledger = openDatabaseLedger({ database, folder, gatewayId: 'next', report });
      await ledger.recover();
      check(said, await readTransfers(database));
      await ledger.close();
      assert.deepEqual(await readdir(folder), []);
    } finally {
      await database.destroy();
    }
  });
});

async function runUntilKilled(location: string, folder: string): Promise<Said> {
  const said: Said = { counted: new Map(), begun: new Set(), settled: new Set() };
  const child = spawn(process.execPath, ['--conditions=source', CHILD, location, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    const [word, object = '', count = ''] = line.split(' ');
    assert.notEqual(word, 'report', line);
    if (word === 'counted') said.counted.set(object, Number(count));
    if (word === 'begun') said.begun.add(object);
    if (word === 'settled') said.settled.add(object);
    if (Number(count) === COUNTED) child.kill('SIGKILL');
  }
  await exit;
  return said;
}

function check({ counted, begun, settled }: Said, transfers: readonly Transfer[]): void {
  const rows = new Map(transfers.map((transfer) => [transfer.object, transfer]));
  assert.equal(rows.size, transfers.length, 'one row each');
  assert.ok(counted.size > 0 && begun.size > 0);
  for (const [object, count] of counted) {
    const { deliveredBytes, outcome, error } = rows.get(object)!;
    assert.deepEqual([outcome, error], ['cut-short', 'gateway-lost']);
    // It was killed after the count was asked, perhaps before it was written.
    assert.ok(deliveredBytes === count || deliveredBytes === count - 1, `${deliveredBytes} of ${count}`);
  }
  for (const object of begun) assert.ok(rows.has(object), `${object} is in the books`);
  for (const object of settled) assert.equal(rows.get(object)?.outcome, 'complete', object);
  for (const { object, outcome } of transfers) assert.ok(outcome, `${object} has an outcome`);
}
