// The part of the source contract about asking: `stat()`, `open()`, and when `opened` settles.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Body, ObjectName, Version } from '../source/source.ts';
import { contractTest, type ContractTest } from './contract-test.ts';
import { assertEnd } from './observed-body.ts';
import type { PlacedObject } from './source-harness.ts';
import type { Trial } from './trial.ts';

const SMALL_BYTES = 100_000;

/** An object of which the store now has another version than the one that `PlacedObject` tells of. */
async function placeAndReplace(trial: Trial): Promise<PlacedObject> {
  const placed = await trial.harness.put({ size: SMALL_BYTES });
  await trial.harness.replace(placed.object);
  return placed;
}

async function placeAndRemove(trial: Trial): Promise<PlacedObject> {
  const placed = await trial.harness.put({ size: SMALL_BYTES });
  await trial.harness.remove(placed.object);
  return placed;
}

/** Whether a promise has settled by the next turn of the event loop. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const settled = promise.then(
    () => undefined,
    () => undefined,
  );
  return (await Promise.race([settled, nextTurn(pending)])) === pending;
}

const ONLY_WHEN_CONFIRMED =
  'It MUST resolve only when the origin has confirmed the pinned version and the range that was asked for.';
const CHANGED = 'It MUST reject with `changed` when the object has another version.';
const NOT_FOUND = 'It MUST reject with `not-found` when there is no such object.';
const HANDLED = 'When nobody listens to it, its rejection MUST NOT become an unhandled one.';
const OPEN_AT_ONCE = 'It MUST return at once; what it needs from the origin it learns afterwards.';
const EMPTY_RANGE = 'An empty range MUST end without a byte.';

/** A body that fails because of `changed`, and one because of `not-found`. */
const FAILURES = [
  { when: 'another version', code: 'changed', place: placeAndReplace },
  { when: 'no object', code: 'not-found', place: placeAndRemove },
] as const;

const stat: readonly ContractTest[] = [
  contractTest({
    member: 'stat',
    must: 'What the store says of the object now.',
    async run(trial) {
      const { source } = trial.harness;
      const placed = await trial.harness.put({ size: SMALL_BYTES });
      const signal = new AbortController().signal;
      const before = await trial.within('stat()', source.stat(placed.object, { signal }));
      assert.deepEqual({ size: before.size, etag: before.etag }, placed.version);
      assert.match(before.etag, /^"[^"]+"$/, 'a strong validator, in quotes');
      await trial.harness.replace(placed.object);
      const after = await trial.within('stat()', source.stat(placed.object, { signal }));
      assert.equal(after.size, before.size);
      assert.notEqual(after.etag, before.etag);
    },
  }),
  contractTest({
    member: 'stat',
    must: NOT_FOUND,
    async run(trial) {
      const { object } = await placeAndRemove(trial);
      const signal = new AbortController().signal;
      await trial.rejection('stat()', trial.harness.source.stat(object, { signal }), 'not-found');
    },
  }),
  contractTest({
    member: 'stat',
    must: 'An abort MUST make it reject with `closed`.',
    when: 'aborted before',
    async run(trial) {
      const { object } = await trial.harness.put({ size: SMALL_BYTES });
      const signal = AbortSignal.abort();
      await trial.rejection('stat()', trial.harness.source.stat(object, { signal }), 'closed');
    },
  }),
  contractTest({
    member: 'stat',
    must: 'An abort MUST make it reject with `closed`.',
    when: 'while the origin has not answered',
    needs: ['hold'],
    async run(trial) {
      const { object } = await trial.harness.put({ size: SMALL_BYTES });
      await trial.harness.hold();
      const controller = new AbortController();
      const pending = trial.harness.source.stat(object, { signal: controller.signal });
      const rejection = trial.rejection('stat()', pending, 'closed');
      await trial.quiet();
      controller.abort();
      await rejection;
    },
  }),
];

const open: readonly ContractTest[] = [
  contractTest({
    member: 'open',
    must: OPEN_AT_ONCE,
    when: 'an object, another version of it, and none',
    async run(trial) {
      const present = await trial.harness.put({ size: SMALL_BYTES });
      const replaced = await placeAndReplace(trial);
      const removed = await placeAndRemove(trial);
      for (const placed of [present, replaced, removed]) {
        const { body } = trial.open(placed);
        assert.equal(body.receivedBytes, 0, 'nothing can have come yet');
        assert.ok(body.opened instanceof Promise);
      }
    },
  }),
  contractTest({
    member: 'open',
    must: OPEN_AT_ONCE,
    when: 'while the origin does not answer',
    needs: ['hold'],
    async run(trial) {
      const placed = await trial.harness.put({ size: SMALL_BYTES });
      await trial.harness.hold();
      assert.equal(trial.open(placed).body.receivedBytes, 0);
    },
  }),
  ...[0, 1, SMALL_BYTES / 2, SMALL_BYTES].map((offset) =>
    contractTest({
      member: 'open',
      must: EMPTY_RANGE,
      when: `at ${offset} of ${SMALL_BYTES}`,
      async run(trial) {
        const placed = await trial.harness.put({ size: SMALL_BYTES });
        const observed = trial.open(placed, { range: { start: offset, end: offset } });
        assertEnd(await trial.within('the first read', observed.body.read()));
        assertEnd(await trial.within('the second read', observed.body.read()));
        await trial.within('opened', observed.body.opened);
        assert.equal(observed.body.receivedBytes, 0);
      },
    }),
  ),
  contractTest({
    member: 'open',
    must: EMPTY_RANGE,
    when: 'of an empty object',
    async run(trial) {
      const observed = trial.open(await trial.harness.put({ size: 0 }));
      assertEnd(await trial.within('the first read', observed.body.read()));
    },
  }),
];

const opened: readonly ContractTest[] = [
  contractTest({
    member: 'opened',
    must: ONLY_WHEN_CONFIRMED,
    when: 'it confirms both',
    async run(trial) {
      const observed = trial.open(await trial.harness.put({ size: SMALL_BYTES }), { range: { start: 7, end: 70_000 } });
      await trial.within('opened', observed.body.opened);
      await trial.within('the body', observed.rest());
    },
  }),
  contractTest({
    member: 'opened',
    must: ONLY_WHEN_CONFIRMED,
    when: 'it does not answer',
    needs: ['hold'],
    async run(trial) {
      const placed = await trial.harness.put({ size: SMALL_BYTES });
      await trial.harness.hold();
      const { body } = trial.open(placed);
      await trial.quiet();
      assert.ok(await isPending(body.opened), 'opened settled while the origin had not answered');
    },
  }),
  contractTest({
    member: 'opened',
    must: ONLY_WHEN_CONFIRMED,
    when: 'it answers another range',
    needs: ['answerAnotherRange'],
    async run(trial) {
      const placed = await trial.harness.put({ size: SMALL_BYTES });
      await trial.harness.answerAnotherRange(placed.object);
      const { body } = trial.open(placed, { range: { start: 1000, end: 2000 } });
      await trial.rejection('opened', body.opened, 'origin-invalid');
      await trial.rejection('a read', body.read(), 'origin-invalid');
    },
  }),
  contractTest({
    member: 'opened',
    must: CHANGED,
    async run(trial) {
      await trial.rejection('opened', trial.open(await placeAndReplace(trial)).body.opened, 'changed');
    },
  }),
  contractTest({
    member: 'opened',
    must: CHANGED,
    when: 'only its validator was pinned wrongly',
    async run(trial) {
      const placed = await trial.harness.put({ size: SMALL_BYTES });
      const version: Version = { size: placed.version.size, etag: '"another-version"' };
      await trial.rejection('opened', trial.open(placed, { version }).body.opened, 'changed');
    },
  }),
  contractTest({
    member: 'opened',
    must: NOT_FOUND,
    async run(trial) {
      await trial.rejection('opened', trial.open(await placeAndRemove(trial)).body.opened, 'not-found');
    },
  }),
  contractTest({
    member: 'opened',
    must: NOT_FOUND,
    when: 'there never was one',
    async run(trial) {
      const placed = await trial.harness.put({ size: 1 });
      const object: ObjectName = { ...placed.object, key: `${placed.object.key}.never-put` };
      await trial.rejection('opened', trial.open({ ...placed, object }).body.opened, 'not-found');
    },
  }),
  ...FAILURES.map(({ when, code, place }) =>
    contractTest({
      member: 'opened',
      must: HANDLED,
      when,
      async run(trial) {
        const placed = await place(trial);
        trial.open(placed);
        // The first one's rejection cannot be listened for here; when the second one's is in, so is the first.
        const second: Body = trial.open(placed).body;
        await trial.rejection('opened', second.opened, code);
        await trial.quiet();
      },
    }),
  ),
];

export const openingTests: readonly ContractTest[] = [...stat, ...open, ...opened];
