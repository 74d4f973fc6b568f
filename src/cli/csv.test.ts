import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toCsvLine } from './csv.ts';

test('a line of CSV: what would break it is quoted, and nothing is a formula', () => {
  assert.equal(toCsvLine(['plain', 5, 'a,b', 'say "x"', 'two\nlines']), 'plain,5,"a,b","say ""x""","two\nlines"\r\n');
  assert.equal(toCsvLine(['=1+1', '+1', '-1', '@x', -1]), "'=1+1,'+1,'-1,'@x,-1\r\n");
});
