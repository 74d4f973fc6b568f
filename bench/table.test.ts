import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from './table.ts';

test('names begin and figures end below each other', () => {
  assert.deepEqual(
    formatTable(
      ['proxy', 'GB/s'],
      [
        ['a', '12.5'],
        ['longer', '1'],
      ],
    ),
    ['proxy   GB/s', 'a       12.5', 'longer     1'],
  );
});

test('an empty cell leaves no blanks at the end of a line', () => {
  assert.deepEqual(formatTable(['proxy', 'ratio'], [['a', '']]), ['proxy  ratio', 'a']);
});
