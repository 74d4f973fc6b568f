import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SYSTEM_DISK } from './journal-disk.ts';
import { toLine } from './journal-line.ts';
import { readLines } from './segment-reader.ts';
import type { Lines } from './segment-reader.ts';

let path: string;

before(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'sluice-segment-')), 'log-1');
});

after(async () => {
  await rm(join(path, '..'), { recursive: true });
});

async function readAll(content: Buffer): Promise<Omit<Lines, 'nextOffset' | 'isLast'>> {
  await writeFile(path, content);
  const all = { settled: [] as string[], opened: [] as string[], damagedCount: 0, isForeign: false };
  let lines: Lines | undefined;
  do {
    lines = await readLines(SYSTEM_DISK, path, { offset: lines?.nextOffset ?? 0 });
    all.settled.push(...lines.settled);
    all.opened.push(...lines.opened);
    all.damagedCount += lines.damagedCount;
    all.isForeign ||= lines.isForeign;
  } while (!lines.isLast);
  return all;
}

const ROWS = ['["é"]', '["b"]', '["c"]'];
const LINES = ROWS.map((row) => Buffer.from(toLine('s', row)));
const WHOLE = Buffer.concat(LINES);

test('a file that was cut at any byte gives what is whole of it', async () => {
  const ends = LINES.map((_, index) => Buffer.concat(LINES.slice(0, index + 1)).length);
  for (let cut = 0; cut <= WHOLE.length; cut += 1) {
    const count = ends.filter((end) => end <= cut).length;
    const { settled, damagedCount } = await readAll(WHOLE.subarray(0, cut));
    assert.deepEqual(settled, ROWS.slice(0, count), `cut at ${cut}`);
    assert.equal(damagedCount, cut === (ends[count - 1] ?? 0) ? 0 : 1, `cut at ${cut}`);
  }
});

test('a damaged line is left out, and the others are used', async () => {
  const damaged = Buffer.from(WHOLE);
  damaged[LINES[0]!.length + 12] = 0x20;
  const { settled, damagedCount } = await readAll(damaged);
  assert.deepEqual([settled, damagedCount], [[ROWS[0], ROWS[2]], 1]);
});

test('zeroes, as a power cut may leave them, are damage and no more', async () => {
  const { settled, damagedCount } = await readAll(Buffer.concat([WHOLE, Buffer.alloc(600_000)]));
  assert.deepEqual(settled, ROWS);
  assert.ok(damagedCount > 0);
});

test('a file of many pieces is read line by line', async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => `["${index}","${'x'.repeat(index % 97)}"]`);
  const kinds = ['s', 'o'] as const;
  const content = Buffer.from(rows.map((row, index) => toLine(kinds[index % 2]!, row)).join(''));
  const { settled, opened, damagedCount } = await readAll(content);
  assert.deepEqual(
    settled,
    rows.filter((_, index) => index % 2 === 0),
  );
  assert.deepEqual(
    opened,
    rows.filter((_, index) => index % 2 === 1),
  );
  assert.equal(damagedCount, 0);
});

test('of a file that is being written the rest of a line is left for later', async () => {
  await writeFile(path, WHOLE);
  const endOffset = WHOLE.length - 3;
  const lines = await readLines(SYSTEM_DISK, path, { offset: 0, endOffset });
  assert.deepEqual([lines.settled, lines.damagedCount], [ROWS.slice(0, 2), 0]);
  assert.equal(lines.nextOffset, LINES[0]!.length + LINES[1]!.length);
  const rest = await readLines(SYSTEM_DISK, path, { offset: lines.nextOffset, endOffset });
  assert.deepEqual([rest.settled, rest.nextOffset], [[], lines.nextOffset]);
});
