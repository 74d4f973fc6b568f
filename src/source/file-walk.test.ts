// The order of a walk, wherever it begins and however many names it has room for.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { walkFiles } from './file-walk.ts';
import type { WalkOptions } from './file-walk.ts';

const root = mkdtempSync(join(tmpdir(), 'sluice-walk-'));
after(() => rmSync(root, { recursive: true }));

// Where a folder stands among files is told by the `/` that ends its name: after `-` and `.`, before digits.
const NAMES = ['a', 'a-b/x', 'a.txt', 'a0', 'b/c', 'b/c-d', 'b/e/f', 'b/e.g', 'b-', 'b0/z', '\uffff', '🧬/x', '🧭'];
for (const name of NAMES) {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), '');
}
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const sorted = NAMES.toSorted(byBytes);
const { signal } = new AbortController();

async function walk(options: Partial<WalkOptions>): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of walkFiles(root, { prefix: '', signal, ...options })) names.push(name);
  return names;
}

test('the order is that of the bytes of the whole names', async () => {
  assert.deepEqual(await walk({}), sorted);
});

test('a folder with more names than there is room for is read again, and gives each once', async () => {
  for (const maxNames of [1, 2, 3, 7]) assert.deepEqual(await walk({ maxNames }), sorted);
});

test('a walk begins after any text', async () => {
  const beginning = fc.oneof(
    fc.constantFrom(...NAMES),
    fc.constantFrom('', 'b', 'b/', 'b/e', 'b/e/', 'b/zz', 'zz', '/'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(beginning, fc.constantFrom('', 'a', 'b'), fc.integer({ min: 1, max: 9 }), async (...drawn) => {
      const [beginAfter, prefix, maxNames] = drawn;
      const expected = sorted.filter((name) => byBytes(name, beginAfter) > 0 && name.startsWith(prefix));
      assert.deepEqual(await walk({ after: beginAfter, prefix, maxNames }), expected);
    }),
    { numRuns: 60 },
  );
});

test('an abort ends it before a large folder is read', async () => {
  const stop = new AbortController();
  stop.abort();
  await assert.rejects(walk({ signal: stop.signal }), { code: 'closed' });
});
