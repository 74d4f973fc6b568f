// The part of the source contract about `list()`, and about the source as a whole.
import assert from 'node:assert/strict';
import type { ListedObject, ListRequest } from '../source/source.ts';
import { contractTest, type ContractTest } from './contract-test.ts';
import type { PlacedObject } from './source-harness.ts';
import type { Trial } from './trial.ts';

const EVERY_OBJECT = 'Every object of a bucket whose key begins with the prefix, in constant memory.';
const IN_ORDER = "It MUST list in the order of the keys' UTF-8 bytes.";
const AFTER = 'It MUST list only what comes after the key that it is to begin after.';
const ABORT_LIST = 'An abort MUST make the next step reject with `closed`.';
const LEAVE_LIST = 'Leaving the loop MUST let go of what the listing held.';
const SOURCE_CLOSE = "Lets go of idle connections. Open bodies are their holders' to close.";

async function placeSome(trial: Trial): Promise<readonly PlacedObject[]> {
  const placed: PlacedObject[] = [];
  for (const size of [0, 1, 70_000]) placed.push(await trial.harness.put({ size }));
  return placed;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Lists to the end. A store may have more objects than the test has put. */
async function listAll(trial: Trial, options: Omit<ListRequest, 'signal'>): Promise<Map<string, ListedObject>> {
  const listed = new Map<string, ListedObject>();
  const signal = new AbortController().signal;
  for await (const object of trial.harness.source.list({ ...options, signal })) {
    assert.ok(!listed.has(object.key), `${object.key} was listed twice`);
    listed.set(object.key, object);
  }
  return listed;
}

const listing: readonly ContractTest[] = [
  contractTest({
    member: 'list',
    must: EVERY_OBJECT,
    when: 'an empty prefix',
    async run(trial) {
      const placed = await placeSome(trial);
      const listed = await trial.within('list()', listAll(trial, { bucket: placed[0]!.object.bucket, prefix: '' }));
      for (const { object, version } of placed) {
        const found = listed.get(object.key);
        assert.ok(found, `${object.key} was not listed`);
        assert.deepEqual({ size: found.size, etag: found.etag }, version);
      }
    },
  }),
  contractTest({
    member: 'list',
    must: EVERY_OBJECT,
    when: 'the key of one as the prefix',
    async run(trial) {
      const placed = await placeSome(trial);
      for (const { object } of placed) {
        const listed = await trial.within('list()', listAll(trial, { bucket: object.bucket, prefix: object.key }));
        assert.deepEqual([...listed.keys()], [object.key]);
      }
    },
  }),
  contractTest({
    member: 'list',
    must: EVERY_OBJECT,
    when: 'the first half of a key as the prefix',
    async run(trial) {
      const placed = await placeSome(trial);
      const { bucket, key } = placed[0]!.object;
      const prefix = key.slice(0, Math.ceil(key.length / 2));
      const listed = await trial.within('list()', listAll(trial, { bucket, prefix }));
      const expected = placed.map(({ object }) => object.key).filter((candidate) => candidate.startsWith(prefix));
      assert.ok(expected.every((candidate) => listed.has(candidate)));
      assert.ok([...listed.keys()].every((candidate) => candidate.startsWith(prefix)));
    },
  }),
  contractTest({
    member: 'list',
    must: EVERY_OBJECT,
    when: 'a prefix that nothing begins with',
    async run(trial) {
      const [first] = await placeSome(trial);
      const options = { bucket: first!.object.bucket, prefix: `${first!.object.key}.never-put` };
      assert.equal((await trial.within('list()', listAll(trial, options))).size, 0);
    },
  }),
  contractTest({
    member: 'list',
    must: EVERY_OBJECT,
    when: 'one was removed',
    async run(trial) {
      const [first, second] = await placeSome(trial);
      await trial.harness.remove(first!.object);
      const listed = await trial.within('list()', listAll(trial, { bucket: first!.object.bucket, prefix: '' }));
      assert.deepEqual([listed.has(first!.object.key), listed.has(second!.object.key)], [false, true]);
    },
  }),
  contractTest({
    member: 'list',
    must: IN_ORDER,
    async run(trial) {
      const [first] = await placeSome(trial);
      const listed = await trial.within('list()', listAll(trial, { bucket: first!.object.bucket, prefix: '' }));
      const keys = [...listed.keys()];
      assert.deepEqual(keys, keys.toSorted(byBytes));
    },
  }),
  ...[0, 1].map((removed) =>
    contractTest({
      member: 'list',
      must: AFTER,
      when: removed === 0 ? 'an object is there' : 'none is there any more',
      async run(trial) {
        const placed = await placeSome(trial);
        const { bucket } = placed[0]!.object;
        const whole = await trial.within('list()', listAll(trial, { bucket, prefix: '' }));
        const keys = placed.map(({ object }) => object.key).toSorted(byBytes);
        for (const key of keys) {
          if (removed === 1) await trial.harness.remove({ bucket, key });
          const listed = await trial.within('list()', listAll(trial, { bucket, prefix: '', after: key }));
          const expected = [...whole.keys()].filter((candidate) => byBytes(candidate, key) > 0);
          assert.deepEqual([...listed.keys()], expected);
        }
      },
    }),
  ),
  contractTest({
    member: 'list',
    must: LEAVE_LIST,
    async run(trial) {
      const [first] = await placeSome(trial);
      const controller = new AbortController();
      const request = { bucket: first!.object.bucket, prefix: '', signal: controller.signal };
      const keys: string[] = [];
      for await (const { key } of trial.harness.source.list(request)) {
        keys.push(key);
        break;
      }
      assert.equal(keys.length, 1);
      await trial.untilHeld(0);
    },
  }),
  ...[0, 1].map((steps) =>
    contractTest({
      member: 'list',
      must: ABORT_LIST,
      when: steps === 0 ? 'before the first' : 'after the first',
      async run(trial) {
        const [first] = await placeSome(trial);
        const controller = new AbortController();
        const request = { bucket: first!.object.bucket, prefix: '', signal: controller.signal };
        const listed = trial.harness.source.list(request)[Symbol.asyncIterator]();
        for (let step = 0; step < steps; step += 1) await trial.within('a step', listed.next());
        controller.abort();
        await trial.rejection('the next step', listed.next(), 'closed');
        await trial.untilHeld(0);
      },
    }),
  ),
];

const closing: readonly ContractTest[] = [
  contractTest({
    member: 'source',
    must: SOURCE_CLOSE,
    async run(trial) {
      const observed = trial.open(await trial.harness.put({ size: 8 << 20 }));
      await trial.within('a read', observed.skip());
      trial.harness.source.close();
      trial.harness.source.close();
      await trial.within('the rest, after the source was closed', observed.rest());
    },
  }),
];

export const listingTests: readonly ContractTest[] = [...listing, ...closing];
