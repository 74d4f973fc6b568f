import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTransferIds, toPrefix } from './transfer-id.ts';

const AT_MS = Date.UTC(2026, 10, 23, 10);

test('an id is a UUID of version 7 that begins with its millisecond', () => {
  const id = createTransferIds('0123456789ab')(AT_MS);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-0123456789ab$/);
  assert.equal(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16), AT_MS);
});

test('ids are unique, and ascend as the times do', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 3 }), { minLength: 2, maxLength: 200 }), (steps) => {
      const toId = createTransferIds();
      let atMs = AT_MS;
      const ids = steps.map((stepMs) => toId((atMs += stepMs)));
      assert.deepEqual(ids, [...new Set(ids)].toSorted());
    }),
  );
});

test('within one millisecond the counter carries over', () => {
  const toId = createTransferIds();
  const ids = Array.from({ length: 40_000 }, () => toId(AT_MS));
  assert.deepEqual(ids, [...new Set(ids)].toSorted());
});

test('a clock that is set back gives no id twice', () => {
  const toId = createTransferIds();
  const ids = Array.from({ length: 1000 }, (_, index) => toId(AT_MS - (index % 3)));
  assert.equal(new Set(ids).size, 1000);
});

test('two processes give different ids in the same millisecond', () => {
  assert.notEqual(createTransferIds()(AT_MS), createTransferIds()(AT_MS));
});

test('a prefix parts what began before its moment from the rest', () => {
  const toId = createTransferIds();
  assert.equal(toId(AT_MS - 1) < toPrefix(AT_MS), true);
  assert.equal(toId(AT_MS) > toPrefix(AT_MS), true);
});

test('times that fit into no id are its least and its greatest', () => {
  assert.equal(toPrefix(-5), '00000000-0000');
  assert.equal(toPrefix(Number.NaN), '00000000-0000');
  assert.equal(toPrefix(8.64e15), 'ffffffff-ffff');
});
