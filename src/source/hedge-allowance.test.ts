import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HedgeAllowance } from './hedge-allowance.ts';
import { DEFAULT_HEDGE_POLICY } from './hedge-policy.ts';

const { share, savedRequests, busyPauseMs } = DEFAULT_HEDGE_POLICY;

function allowanceAfter(bodies: number): HedgeAllowance {
  const allowance = new HedgeAllowance(DEFAULT_HEDGE_POLICY);
  for (let body = 0; body < bodies; body += 1) allowance.earn();
  return allowance;
}

function spendAll(allowance: HedgeAllowance, nowMs = 0): number {
  let spent = 0;
  while (allowance.spend(nowMs)) spent += 1;
  return spent;
}

test('so many bodies are worth one request more, and none is given in advance', () => {
  assert.equal(spendAll(allowanceAfter(0)), 0);
  assert.equal(spendAll(allowanceAfter(1 / share - 1)), 0);
  assert.equal(spendAll(allowanceAfter(1 / share + 1)), 1);
});

test('only a few are saved up', () => {
  assert.equal(spendAll(allowanceAfter(1_000_000)), savedRequests);
});

test('while the origin is busy nothing is given, and nothing is lost', () => {
  const allowance = allowanceAfter(101);
  allowance.rest(1_000);
  assert.equal(spendAll(allowance, 1_000 + busyPauseMs - 1), 0);
  assert.equal(spendAll(allowance, 1_000 + busyPauseMs), 5);
});

test('a later word of the origin makes the pause longer, never shorter', () => {
  const allowance = allowanceAfter(101);
  allowance.rest(0, busyPauseMs * 2);
  allowance.rest(10);
  assert.equal(allowance.spend(busyPauseMs * 2 - 1), false);
  assert.equal(allowance.spend(busyPauseMs * 2), true);
});
