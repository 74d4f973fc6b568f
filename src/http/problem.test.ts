// Problem details.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem, PROBLEM_MEDIA_TYPE } from './problem.ts';

test('writes the members that are there', () => {
  assert.equal(PROBLEM_MEDIA_TYPE, 'application/problem+json');
  assert.equal(
    formatProblem({ type: 'about:blank', title: 'Not Found', status: 404 }),
    '{"type":"about:blank","title":"Not Found","status":404}',
  );
  assert.deepEqual(
    JSON.parse(formatProblem({ type: '/p/x', title: 'X', status: 400, detail: '"é"\r\n', instance: '/r/1' })),
    { type: '/p/x', title: 'X', status: 400, detail: '"é"\r\n', instance: '/r/1' },
  );
});

test('writes extensions, which take the place of none of the others', () => {
  const problem = { type: 'about:blank', title: 'X', status: 422, extensions: { ids: ['a', '"'], status: 200 } };
  assert.deepEqual(JSON.parse(formatProblem(problem)), {
    ids: ['a', '"'],
    type: 'about:blank',
    title: 'X',
    status: 422,
  });
});

test('lets nothing else out', () => {
  const problem = { type: 'about:blank', title: 'Bad Gateway', status: 502, cause: 'secret', stack: 'secret' };
  assert.doesNotMatch(formatProblem(problem), /secret/);
});
