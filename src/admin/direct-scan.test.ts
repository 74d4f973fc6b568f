// The lines of a scan that nobody takes in time, or to the end.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { openSqlite } from '../database/sqlite.ts';
import { isSluiceError } from '../errors.ts';
import { createMemorySource } from '../source/memory.ts';
import type { ListRequest, Source } from '../source/source.ts';
import { createDirectAdmin } from './direct-admin.ts';
import { collect } from './admin-trial.test-double.ts';

const SCAN = { store: 'archive', bucket: 'library' };

async function open(t: TestContext, list: Source['list']) {
  const database = await openSqlite(':memory:');
  t.after(() => database.destroy());
  const source: Source = { ...createMemorySource(), list };
  const admin = createDirectAdmin({ database, openSource: async () => source });
  const leaving = new AbortController();
  return { admin, leaving, work: { principal: 'ann', signal: leaving.signal } };
}

describe('the lines of a scan', () => {
  it('are few, however many objects are refused and however late they are taken', async (t) => {
    const { admin, work } = await open(t, async function* () {
      // Without an ETag none of them can be served.
      for (let index = 0; index < 5_000; index += 1) yield { key: `k${index}`, size: 1, etag: '' };
    });
    const lines = await collect(admin.scan(SCAN, work));
    const refused = lines.filter(({ kind }) => kind === 'refused');
    assert.ok(refused.length >= 1_000 && refused.length < 5_000, `${refused.length} lines`);
    const done = lines.at(-1)!;
    assert.equal(done.kind === 'done' && done.counts.refused, 5_000);
  });

  it('end the scan when nobody wants more of them, and it goes on later', async (t) => {
    const asked: ListRequest[] = [];
    const { admin, work } = await open(t, async function* (request) {
      asked.push(request);
      const from = request.after === undefined ? 0 : Number(request.after.slice(1)) + 1;
      for (let index = from; index < 3_000; index += 1) {
        if (request.signal.aborted) throw request.signal.reason;
        yield { key: `k${String(index).padStart(4, '0')}`, size: 1, etag: '"e"' };
        if (index % 1_000 === 999) await new Promise(setImmediate);
      }
    });
    for await (const line of admin.scan(SCAN, work)) if (line.kind === 'progress') break;
    assert.equal(asked[0]?.signal.aborted, true);
    const done = (await collect(admin.scan(SCAN, work))).at(-1)!;
    assert.ok(done.kind === 'done');
    assert.deepEqual([done.counts.seen, done.counts.added, done.resumedAfter !== undefined], [3_000, 3_000, true]);
  });

  it('reject when whoever asked has gone', async (t) => {
    const { admin, work, leaving } = await open(t, async function* ({ signal }) {
      yield { key: 'a', size: 1, etag: '"e"' };
      leaving.abort();
      await new Promise<void>((resolve) =>
        signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve()),
      );
      throw signal.reason;
    });
    await assert.rejects(collect(admin.scan(SCAN, work)));
    await assert.rejects(collect(admin.scan(SCAN, work)), (error) => isSluiceError(error, 'closed'));
  });
});
