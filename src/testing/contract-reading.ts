// The part of the source contract about `read()`: the right bytes, once, to the true end, and no further than wanted.
import assert from 'node:assert/strict';
import { contractTest, type ContractTest } from './contract-test.ts';
import { assertEnd } from './observed-body.ts';

/** Not a multiple of any size that a source may read or cut in. */
const ODD_BYTES = (1 << 20) + 17;

/** Far more than 4 MiB and what the two ends of a connection buffer on their own: some 10 MiB on Linux by default. */
const LARGE_BYTES = 24 << 20;

/** What a body may receive that nobody reads. */
const UNREAD_LIMIT_BYTES = 4 << 20;

const IN_ORDER = 'It MUST give the bytes of the range, in order, each exactly once, then `undefined`.';
const WAITS = 'It MUST wait for `opened` by itself, and reject with the error of `opened`.';
const NEVER_AS_IF_COMPLETE = 'It MUST reject when the body ends early, never end as if complete.';
const MISUSE = 'A second read while one is pending MUST reject with `misuse`.';
const SAME_ERROR = 'After a failure every later read MUST reject with the same error.';
const UNREAD = 'A body that nobody reads MUST stop receiving by itself, within 4 MiB.';
const ONE_VERSION = 'What is pinned when a response is planned, so that every byte of it comes from one version.';
const RECEIVED = 'Bytes of this body that have come out of the origin so far, wanted or not.';

const RANGES = [
  { when: 'the whole object', start: 0, end: ODD_BYTES },
  { when: 'the first byte', start: 0, end: 1 },
  { when: 'the last byte', start: ODD_BYTES - 1, end: ODD_BYTES },
  { when: 'all but the ends', start: 1, end: ODD_BYTES - 1 },
  { when: 'across a multiple of 64 KiB', start: (64 << 10) - 1, end: (64 << 10) + 1 },
  { when: 'exactly 256 KiB', start: 256 << 10, end: 512 << 10 },
  { when: 'one more than 256 KiB, not aligned', start: 333, end: 333 + (256 << 10) + 1 },
] as const;

export const readingTests: readonly ContractTest[] = [
  ...RANGES.map(({ when, start, end }) =>
    contractTest({
      member: 'read',
      must: IN_ORDER,
      when,
      async run(trial) {
        const observed = trial.open(await trial.harness.put({ size: ODD_BYTES }), { range: { start, end } });
        await trial.within('the body', observed.rest());
        assertEnd(await trial.within('a read after the end', observed.body.read()));
      },
    }),
  ),
  contractTest({
    member: 'read',
    must: IN_ORDER,
    when: 'two bodies of one object at once, with every chunk held',
    async run(trial) {
      const placed = await trial.harness.put({ size: ODD_BYTES });
      const first = trial.open(placed);
      const second = trial.open(placed, { range: { start: 4321, end: ODD_BYTES } });
      for (let more = true; more;) {
        const chunks = await trial.within('two reads', Promise.all([first.read(), second.read()]));
        more = chunks.some((chunk) => chunk !== undefined);
      }
      assert.deepEqual([first.position, second.position], [ODD_BYTES, ODD_BYTES]);
    },
  }),
  contractTest({
    member: 'read',
    must: WAITS,
    when: 'it opens',
    async run(trial) {
      const observed = trial.open(await trial.harness.put({ size: ODD_BYTES }));
      assert.ok(await trial.within('a read in the turn of open()', observed.skip()));
    },
  }),
  contractTest({
    member: 'read',
    must: WAITS,
    when: 'it fails',
    async run(trial) {
      const placed = await trial.harness.put({ size: ODD_BYTES });
      await trial.harness.remove(placed.object);
      const { body } = trial.open(placed);
      const readError = await trial.rejection('a read in the turn of open()', body.read(), 'not-found');
      assert.equal(readError, await trial.rejection('opened', body.opened, 'not-found'));
    },
  }),
  contractTest({
    member: 'read',
    must: NEVER_AS_IF_COMPLETE,
    needs: ['cut'],
    async run(trial) {
      const placed = await trial.harness.put({ size: ODD_BYTES });
      await trial.harness.cut(placed.object);
      const observed = trial.open(placed);
      await trial.rejection('the body that was cut', observed.rest(), 'truncated');
      assert.ok(observed.position < ODD_BYTES, 'the origin did not cut it');
    },
  }),
  contractTest({
    member: 'read',
    must: MISUSE,
    async run(trial) {
      const observed = trial.open(await trial.harness.put({ size: ODD_BYTES }));
      const first = observed.read();
      const second = observed.body.read();
      await trial.rejection('the second read', second, 'misuse');
      assert.ok(await trial.within('the first read', first), 'the first read must not suffer from it');
      await trial.within('the rest', observed.rest());
    },
  }),
  contractTest({
    member: 'read',
    must: SAME_ERROR,
    when: 'it never opened',
    async run(trial) {
      const placed = await trial.harness.put({ size: ODD_BYTES });
      await trial.harness.replace(placed.object);
      const { body } = trial.open(placed);
      const error = await trial.rejection('the first read', body.read(), 'changed');
      for (const nth of ['second', 'third']) {
        assert.equal(await trial.rejection(`the ${nth} read`, body.read()), error);
      }
    },
  }),
  contractTest({
    member: 'read',
    must: SAME_ERROR,
    when: 'it broke in the middle',
    needs: ['cut'],
    async run(trial) {
      const placed = await trial.harness.put({ size: ODD_BYTES });
      await trial.harness.cut(placed.object);
      const observed = trial.open(placed);
      const error = await trial.rejection('the body that was cut', observed.rest());
      for (const nth of ['next', 'second next']) {
        assert.equal(await trial.rejection(`the ${nth} read`, observed.body.read()), error);
      }
    },
  }),
  ...[0, 1].map((reads) =>
    contractTest({
      member: 'read',
      must: UNREAD,
      when: reads === 0 ? 'it was never read' : 'it was read once',
      async run(trial) {
        const observed = trial.open(await trial.harness.put({ size: LARGE_BYTES }));
        await trial.within('opened', observed.body.opened);
        for (let read = 0; read < reads; read += 1) await trial.within('a read', observed.skip());
        const received = (): number => observed.body.receivedBytes - (observed.position - observed.range.start);
        const unread = await trial.untilSteady('receivedBytes', received, UNREAD_LIMIT_BYTES);
        assert.ok(unread <= UNREAD_LIMIT_BYTES, `${unread} bytes came in that nobody had asked for`);
      },
    }),
  ),
  contractTest({
    member: 'read',
    must: UNREAD,
    when: 'seen from the origin',
    needs: ['sentByOrigin'],
    async run(trial) {
      const placed = await trial.harness.put({ size: LARGE_BYTES });
      const before = trial.harness.sentByOrigin();
      await trial.within('opened', trial.open(placed).body.opened);
      const sent = await trial.untilSteady(
        'sentByOrigin()',
        () => trial.harness.sentByOrigin() - before,
        LARGE_BYTES - 1,
      );
      assert.ok(sent < LARGE_BYTES, 'the whole object has left the origin, and nobody had asked for it');
    },
  }),
  contractTest({
    member: 'receivedBytes',
    must: RECEIVED,
    async run(trial) {
      const observed = trial.open(await trial.harness.put({ size: ODD_BYTES }), { range: { start: 5, end: 900_000 } });
      let last = 0;
      while (await trial.within('a read', observed.skip())) {
        assert.ok(observed.body.receivedBytes >= last, 'receivedBytes went backwards');
        last = observed.body.receivedBytes;
      }
      assert.equal(observed.body.receivedBytes, 900_000 - 5);
    },
  }),
  contractTest({
    member: 'read',
    must: ONE_VERSION,
    when: 'the object is replaced while it is read',
    async run(trial) {
      const placed = await trial.harness.put({ size: LARGE_BYTES });
      const observed = trial.open(placed);
      await trial.within('the first read', observed.skip());
      await trial.harness.replace(placed.object);
      // To go on with the version that was pinned is as good as to fail; a byte of the other one is a failed test.
      const outcome = await trial.within(
        'the rest',
        observed.rest().then(
          () => undefined,
          (error: unknown) => error,
        ),
      );
      if (outcome !== undefined) await trial.rejection('the rest', Promise.reject(outcome), 'changed', 'truncated');
    },
  }),
];
