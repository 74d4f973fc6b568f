import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readLines } from './lines.ts';
import type { Lines } from './lines.ts';

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const size of [...sizes, bytes.length]) {
    const piece = Uint8Array.from(bytes.subarray(start, start + size));
    if (piece.length > 0) yield piece;
    // Whoever gives a piece may use its memory again.
    piece.fill(0);
    start += size;
  }
}

const read = (text: string | Uint8Array, sizes: readonly number[] = []): Promise<Lines[]> =>
  Array.fromAsync(readLines(pieces(Buffer.from(text), sizes)));

describe('lines', () => {
  it('are the same however the bytes are cut, each with its number', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'é', '🧬', '\r', ' '), maxLength: 6 });
    const cuts = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), cuts, fc.boolean(), async (lines, sizes, isEnded) => {
        const text = lines.join('\n') + (isEnded && lines.length > 0 ? '\n' : '');
        const got = await read(text, sizes);
        const flat = got.flatMap(({ first, lines: some }) => some.map((each, index) => [first + index, each] as const));
        const expected = text.split('\n').map((each, index) => [index + 1, each] as const);
        if (text.endsWith('\n') || text === '') expected.pop();
        assert.deepEqual(flat, expected);
      }),
    );
  });

  it('begin after a byte order mark', async () => {
    assert.deepEqual(await read('\ufeffa\n\ufeffb', [1, 1]), [
      { first: 1, lines: ['a'] },
      { first: 2, lines: ['\ufeffb'] },
    ]);
  });

  it('are told by their numbers when they are no UTF-8', async () => {
    const broken = Buffer.concat([Buffer.from('a\né\n'), Buffer.from([0xff]), Buffer.from('\nb')]);
    for (const sizes of [[], [1, 1, 1], [2], [6]]) {
      await assert.rejects(read(broken, sizes), { code: 'bad-input', message: /^line 3: got no UTF-8/ });
    }
  });

  it('are refused when they are too long, also before their end has come', async () => {
    const long = 'x'.repeat(70_000);
    for (const text of [`a\n${long}\nb`, `a\n${long}`]) {
      for (const sizes of [[], [2, 60_000], Array.from({ length: 70 }, () => 1_000)]) {
        await assert.rejects(read(text, sizes), {
          code: 'bad-input',
          message: /^line 2: .*too long, want 65536 bytes/,
        });
      }
    }
  });
});
