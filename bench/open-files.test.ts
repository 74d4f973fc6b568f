import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { findOpenFileLimit, withOpenFiles } from './open-files.ts';

test('a command has as many as is said, and its arguments as they were', () => {
  const [path, ...args] = withOpenFiles(['/bin/sh', '-c', 'ulimit -n; echo "$0"', 'a b']);
  const [limit, argument] = execFileSync(path, args, { encoding: 'utf8' }).split('\n');
  const wanted = findOpenFileLimit();
  assert.equal(limit === 'unlimited' ? Infinity : Number(limit), wanted);
  assert.equal(argument, 'a b');
  assert.ok(wanted > 0);
});
