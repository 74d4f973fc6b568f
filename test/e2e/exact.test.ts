// A whole object, byte for byte, through programs that we did not write.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { DEFAULT_HEDGE_POLICY } from '../../src/source/hedge-policy.ts';
import { runProgram } from './program.ts';
import { GENOME, startWorld, within } from './world.ts';

const PARTS = 8;

const world = await startWorld({ objects: [GENOME] });
const url = world.urlOf(GENOME.id);

describe('1 GiB', () => {
  after(() => world.close());

  it('comes whole through curl', async () => {
    const { code, outSha256, outBytes } = await runProgram('curl', ['-sS', '--fail', url]);
    assert.deepEqual({ code, outBytes, outSha256 }, { code: 0, outBytes: GENOME.size, outSha256: GENOME.sha256 });
  });

  it('comes whole through wget', async () => {
    const { code, outSha256, outBytes } = await runProgram('wget', ['-q', '--tries=1', '-O', '-', url]);
    assert.deepEqual({ code, outBytes, outSha256 }, { code: 0, outBytes: GENOME.size, outSha256: GENOME.sha256 });
  });

  it('comes whole through eight curls that each take a range', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-parts-'));
    t.after(() => rm(folder, { recursive: true }));
    const partBytes = GENOME.size / PARTS;
    const paths = Array.from({ length: PARTS }, (_, part) => join(folder, String(part)));
    const ends = paths.map((path, part) => {
      const range = `${part * partBytes}-${(part + 1) * partBytes - 1}`;
      return runProgram('curl', ['-sS', '--fail', '-r', range, '-o', path, url]);
    });
    assert.deepEqual(new Set((await Promise.all(ends)).map(({ code }) => code)), new Set([0]));
    const hash = createHash('sha256');
    for (const path of paths) for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    assert.equal(hash.digest('hex'), GENOME.sha256);
  });

  it('is entered in the ledger as complete, each time', async () => {
    const lines = await within(
      world.gateway.untilTransfers((all) => (all.length >= 2 + PARTS ? all : undefined)),
      'a line for each transfer',
    );
    assert.deepEqual(new Set(lines.map(({ outcome }) => outcome)), new Set(['complete']));
    assert.equal(sum(lines.map(({ deliveredBytes }) => deliveredBytes)), 3 * GENOME.size);
    // Nothing is read beyond what was delivered, but by the few parts that were slow and asked for a second time.
    const overReadBytes = sum(lines.map((line) => line.overReadBytes));
    assert.equal(sum(lines.map(({ receivedBytes }) => receivedBytes)), 3 * GENOME.size + overReadBytes);
    assert.ok(overReadBytes <= DEFAULT_HEDGE_POLICY.share * 3 * GENOME.size, `${overReadBytes} bytes over-read`);
  });
});

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}
