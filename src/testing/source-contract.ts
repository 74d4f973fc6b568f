// The contract suite: holds any source to every sentence of source/source.ts, with node:test. Each test has a store of
// its own from `setup`, and fails also if it leaves a connection, a slab, a listener or an unhandled rejection behind.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { closingTests } from './contract-closing.ts';
import { listingTests } from './contract-listing.ts';
import { openingTests } from './contract-opening.ts';
import { readingTests } from './contract-reading.ts';
import { listenerTests, scheduleTests } from './contract-schedules.ts';
import type { ContractTest, Member } from './contract-test.ts';
import { CAPABILITIES, type Capability, type SourceHarness } from './source-harness.ts';
import { Trial, type TrialOptions } from './trial.ts';

/** Long enough for a busy machine; what takes longer hangs. */
const DEFAULT_GUARD_MS = 10_000;

/** A test awaits many things one after the other; what hangs in between is found by this many guards. */
const WHOLE_TEST_GUARDS = 6;

/** Long enough for a byte or a rejection that should not come to come on loopback. */
const DEFAULT_QUIET_MS = 30;

export type SourceContractOptions = Partial<TrialOptions> & {
  /**
   * What the store behind this source cannot do or show. Tests that need it are left out, and the suite says how
   * many; to lack what is not declared, or to declare what is there, fails.
   */
  readonly lacks?: readonly Capability[];
};

/** The words under which a member's tests stand in a report. */
const MEMBER_NAMES: Record<Member, string> = {
  stat: 'Source.stat()',
  open: 'Source.open()',
  opened: 'Body.opened',
  receivedBytes: 'Body.receivedBytes',
  read: 'Body.read()',
  chunk: 'Chunk',
  close: 'Body.close()',
  signal: 'the signal given to open()',
  list: 'Source.list()',
  source: 'Source.close()',
};

/** Every test of the contract, in the order of `MEMBER_NAMES`. */
export const SOURCE_CONTRACT_TESTS: readonly ContractTest[] = (() => {
  const tests = [
    ...openingTests,
    ...readingTests,
    ...scheduleTests,
    ...closingTests,
    ...listenerTests,
    ...listingTests,
  ];
  return (Object.keys(MEMBER_NAMES) as Member[]).flatMap((member) => tests.filter((each) => each.member === member));
})();

/** Declares the tests that hold the source of each harness that `setup` makes to the contract. */
export function describeSourceContract(
  name: string,
  setup: (t: TestContext) => Promise<SourceHarness>,
  options: SourceContractOptions = {},
): void {
  const { lacks = [], guardMs = DEFAULT_GUARD_MS, quietMs = DEFAULT_QUIET_MS } = options;
  const tests = SOURCE_CONTRACT_TESTS.filter(({ needs }) => !needs.some((need) => lacks.includes(need)));
  const leftOut = SOURCE_CONTRACT_TESTS.length - tests.length;

  describe(`${name} keeps the source contract`, () => {
    const lacking = lacks.length === 0 ? 'nothing' : `${lacks.join(', ')}: ${leftOut} tests cannot be made`;
    test(`The harness declares what it lacks (${lacking}).`, async (t) => {
      const harness = await setup(t);
      await harness.tearDown();
      const missing = CAPABILITIES.filter((capability) => harness[capability] === undefined);
      assert.deepEqual(missing.toSorted(), [...lacks].toSorted());
    });

    for (const [member, ofMember] of groupBy(tests, (each) => each.member)) {
      describe(MEMBER_NAMES[member], () => {
        for (const [must, ofSentence] of groupBy(ofMember, (each) => each.must)) {
          const [first] = ofSentence;
          if (ofSentence.length === 1 && first) declare(first, must);
          else describe(must, () => ofSentence.forEach((each) => declare(each, each.when ?? 'the plain case')));
        }
      });
    }
  });

  function declare(contract: ContractTest, title: string): void {
    const needs = contract.needs.length === 0 ? '' : ` [needs ${[...new Set(contract.needs)].join(', ')}]`;
    test(`${title}${needs}`, async (t) => {
      const harness = await setup(t);
      // `lacks` has sorted out the tests that need what this harness has not.
      const trial = new Trial<Capability>(harness as Required<SourceHarness>, { guardMs, quietMs });
      try {
        await trial.within('the test', contract.run(trial), WHOLE_TEST_GUARDS * guardMs);
        await trial.finish();
      } finally {
        trial.end();
        await harness.tearDown();
      }
    });
  }
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): ReadonlyMap<Key, readonly Item[]> {
  return Map.groupBy(items, keyOf);
}
