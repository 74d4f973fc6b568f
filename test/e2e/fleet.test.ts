// Three gateways on one PostgreSQL behind a balancer: a client's parallel ranges spread over all of them, one is killed in
// the middle, the download completes by trying again, the books agree with what the client counted, and the limit of
// transfers at once held all the while.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Agent, get } from 'node:http';
import { describe, it } from 'node:test';
import { openDatabase } from '../../src/database/open.ts';
import { syntheticBytes } from '../../src/lab/origin/synthetic-bytes.ts';
import { listTransfers } from '../../src/ledger/transfer-list.ts';
import type { Transfer } from '../../src/ledger/transfer-list.ts';
import { startBalancer } from './balancer.ts';
import { hasHaproxy, startHaproxy } from './haproxy.ts';
import { startWorld, within } from './world.ts';

const MIB = 2 ** 20;
const OBJECT = { id: 'object', size: 96 * MIB, seed: 12 };
const RANGE_BYTES = 2 * MIB;
const MAX_TRANSFERS = 6;
const CONNECTIONS = 9;
/** Who everybody is where access is public. */
const PRINCIPAL = 'anonymous';

/** haproxy beside our own where this machine has it. */
const BALANCERS = { 'a balancer': startBalancer, ...(hasHaproxy() ? { haproxy: startHaproxy } : {}) };

function isCompleteOrLost({ outcome, error }: Transfer): boolean {
  return outcome === 'complete' || error === 'gateway-lost';
}

for (const [name, start] of Object.entries(BALANCERS)) {
  describe(`three gateways on one database behind ${name}`, () => {
    it('are one: in what they deliver, in their limits, and in their books', async () => {
      const limits = { principal: { transfers: MAX_TRANSFERS } };
      const world = await startWorld({ objects: [OBJECT], database: 'postgres', config: { limits } });
      const [second, third] = [await world.startGateway(0), await world.startGateway(0)];
      const gateways = [world.gateway, second, third];
      const balancer = await start(gateways.map(({ port }) => port));
      const database = await openDatabase(world.database);
      const agent = new Agent({ keepAlive: false });
      try {
        const starts = Array.from({ length: OBJECT.size / RANGE_BYTES }, (_, index) => index * RANGE_BYTES);
        const parts = new Map<number, Buffer>();
        let brokenCount = 0;
        const fetchRange = async (begin: number): Promise<Buffer | undefined> => {
          const range = `bytes=${begin}-${begin + RANGE_BYTES - 1}`;
          const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
          const request = get(`${balancer.url}/data/${OBJECT.id}`, { agent, headers: { range } }, (response) => {
            if (response.statusCode !== 206) {
              response.resume();
              response.once('close', () => resolve(undefined));
              return;
            }
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.once('close', () => {
              if (response.complete) resolve(Buffer.concat(chunks));
              else reject(new Error('cut'));
            });
            response.on('error', () => undefined);
          });
          request.on('error', reject);
          return promise;
        };
        const work = async (): Promise<void> => {
          for (let begin = starts.shift(); begin !== undefined; begin = starts.shift()) {
            try {
              const part = await fetchRange(begin);
              if (part) parts.set(begin, part);
            } catch {
              brokenCount += 1;
            }
            if (!parts.has(begin)) starts.push(begin);
            if (parts.size >= 12 && third.pid > 0 && !isKilled) {
              isKilled = true;
              third.signal('SIGKILL');
            }
          }
        };
        let isKilled = false;
        // What the gateways have taken of the limit, by the word of the database: a client may be behind it.
        const leases = { most: 0, isOver: false };
        const watch = async (): Promise<void> => {
          while (!leases.isOver) {
            const rows = await database
              .selectFrom('leases')
              .select('transfers')
              .where('principal', '=', PRINCIPAL)
              .execute();
            leases.most = Math.max(
              leases.most,
              rows.reduce((sum, { transfers }) => sum + transfers, 0),
            );
          }
        };
        const watching = watch();
        await within(Promise.all(Array.from({ length: CONNECTIONS }, work)), 'the download', 120_000);
        leases.isOver = true;
        await Promise.all([third.ended, watching]);

        const hash = createHash('sha256');
        for (const [, part] of [...parts].toSorted(([one], [other]) => one - other)) hash.update(part);
        const wanted = createHash('sha256').update(
          syntheticBytes({ seed: OBJECT.seed, offset: 0, length: OBJECT.size }),
        );
        assert.equal(hash.digest('hex'), wanted.digest('hex'));
        assert.ok(leases.most > 0 && leases.most <= MAX_TRANSFERS, `${leases.most} transfers at once`);

        // Another finds the journal of the one that was killed.
        const fourth = await world.startGateway(0);
        const settled = async () => {
          for (;;) {
            const rows = await listTransfers(database, { limit: 1_000 });
            const isOver = rows.every(({ outcome }) => outcome !== undefined);
            if (isOver && rows.filter(isCompleteOrLost).length >= parts.size) return rows;
          }
        };
        const rows = await within(settled(), 'every row to be settled');
        assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length);
        assert.equal(new Set(rows.map(({ gateway }) => gateway)).size, 3, 'every gateway had some');
        const complete = rows.filter(({ outcome }) => outcome === 'complete');
        const delivered = complete.reduce((sum, { deliveredBytes }) => sum + deliveredBytes, 0);
        assert.equal(delivered, complete.length * RANGE_BYTES);
        // What was whole at the client when its gateway was killed may have been lost to that one's books, and no more.
        // And what the balancer had already taken when it broke off never reached the client.
        assert.ok(complete.length <= parts.size + brokenCount, 'nothing that the client has not counted');
        for (const row of rows) assert.ok(row.deliveredBytes <= row.receivedBytes && row.deliveredBytes <= RANGE_BYTES);
        for (const gateway of [second, fourth]) {
          gateway.signal('SIGTERM');
          assert.equal(await within(gateway.ended, 'a gateway to stop'), 0);
        }
      } finally {
        agent.destroy();
        await balancer.close();
        await database.destroy();
        for (const gateway of [second, third]) gateway.signal('SIGKILL');
      }
      await world.close();
    });
  });
}
