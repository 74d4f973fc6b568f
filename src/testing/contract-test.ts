// The shape of one test of a contract: which sentence it holds a source to, when, and what it needs for that.
import type { Capability } from './source-harness.ts';
import type { Trial } from './trial.ts';

/** The member of the contract that a sentence is about. */
export type Member =
  | 'chunk'
  | 'opened'
  | 'receivedBytes'
  | 'read'
  | 'close'
  | 'signal'
  | 'stat'
  | 'open'
  | 'list'
  | 'source';

export type ContractTest = {
  readonly member: Member;
  /** The sentence of the contract, in the same words. */
  readonly must: string;
  /** Which case of it, where one sentence has several. */
  readonly when: string | undefined;
  readonly needs: readonly Capability[];
  /** Only ever run with a harness that has what the test needs. */
  run(trial: Trial<Capability>): Promise<void>;
};

/** Writes one test down, with a trial that is typed to have what the test needs. */
export function contractTest<const Needed extends Capability = never>(test: {
  readonly member: Member;
  readonly must: string;
  readonly when?: string;
  readonly needs?: readonly Needed[];
  run(trial: Trial<Needed>): Promise<void>;
}): ContractTest {
  const { member, must, when, needs = [] } = test;
  return { member, must, when, needs, run: (trial) => test.run(trial) };
}
