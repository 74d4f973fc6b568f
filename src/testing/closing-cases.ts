// The moments at which a body is let go of in the contract's tests, and the ways: every sentence about closing is
// held against each of these cases.
import type { Chunk } from '../source/source.ts';
import type { ObservedBody, Way } from './observed-body.ts';
import type { Capability } from './source-harness.ts';
import type { Trial } from './trial.ts';

/** Far more than a source may have taken in unread, so that the origin still has something to let go of. */
export const CLOSING_BYTES = 16 << 20;

/** A body at the moment at which it is about to be closed. */
export type Reached = {
  readonly observed: ObservedBody;
  /** The read that is under way. */
  readonly pendingRead?: Promise<Chunk | undefined>;
};

export type ClosingCase = {
  readonly when: string;
  readonly needs: readonly Capability[];
  /** What happens to the body, one after the other, in one turn. */
  readonly ways: readonly Way[];
  /** Whether the origin has something open for the body by then. */
  readonly held: boolean;
  /** Whether `opened` is sure to be pending at that moment. */
  readonly opening: boolean;
  /** Whether a pending read cannot have been served before the close. */
  readonly starving: boolean;
  /** What a read after the close may answer. A body that was over before may stay what it was. */
  readonly laterReads: readonly string[];
  /** Goes up to that moment. What must happen in the very turn of the close is left to the function that it gives. */
  approach(trial: Trial<Capability>): Promise<() => Reached>;
};

type Moment = Pick<ClosingCase, 'when' | 'approach'> & Partial<ClosingCase>;

async function openLarge(trial: Trial<Capability>): Promise<ObservedBody> {
  const observed = trial.open(await trial.harness.put({ size: CLOSING_BYTES }));
  await trial.within('opened', observed.body.opened);
  return observed;
}

/** A body of which everything has been read that came before its origin went silent. */
async function openSilent(trial: Trial<Capability>): Promise<() => Reached> {
  const placed = await trial.harness.put({ size: CLOSING_BYTES });
  await trial.harness.silence(placed.object);
  const observed = trial.open(placed);
  for (;;) {
    const pendingRead = observed.body.read();
    const chunk = await Promise.race([pendingRead, trial.quiet().then(() => trial.quiet())]);
    if (!chunk) return () => ({ observed, pendingRead });
    observed.release(observed.take(chunk));
  }
}

const MOMENTS: readonly Moment[] = [
  {
    when: 'in the turn of open()',
    held: false,
    opening: true,
    async approach(trial) {
      const placed = await trial.harness.put({ size: CLOSING_BYTES });
      return () => ({ observed: trial.open(placed) });
    },
  },
  {
    when: 'in the turn of open(), during a read',
    held: false,
    opening: true,
    starving: true,
    async approach(trial) {
      const placed = await trial.harness.put({ size: CLOSING_BYTES });
      return () => {
        const observed = trial.open(placed);
        return { observed, pendingRead: observed.body.read() };
      };
    },
  },
  {
    when: 'while the origin has not answered',
    needs: ['hold'],
    opening: true,
    starving: true,
    async approach(trial) {
      const placed = await trial.harness.put({ size: CLOSING_BYTES });
      await trial.harness.hold();
      const observed = trial.open(placed);
      const pendingRead = observed.body.read();
      await trial.quiet();
      return () => ({ observed, pendingRead });
    },
  },
  {
    when: 'after opened, before a read',
    async approach(trial) {
      const observed = await openLarge(trial);
      return () => ({ observed });
    },
  },
  {
    when: 'between two reads',
    async approach(trial) {
      const observed = await openLarge(trial);
      await trial.within('a read', observed.skip());
      return () => ({ observed });
    },
  },
  {
    when: 'between two reads, with two chunks held',
    async approach(trial) {
      const observed = await openLarge(trial);
      await trial.within('a read', observed.read());
      await trial.within('a read', observed.read());
      return () => ({ observed });
    },
  },
  {
    when: 'during a read',
    async approach(trial) {
      const observed = await openLarge(trial);
      await trial.within('a read', observed.skip());
      return () => ({ observed, pendingRead: observed.body.read() });
    },
  },
  {
    when: 'while the origin is silent in the middle, between two reads',
    needs: ['silence'],
    async approach(trial) {
      const placed = await trial.harness.put({ size: CLOSING_BYTES });
      await trial.harness.silence(placed.object);
      const observed = trial.open(placed);
      await trial.within('a read', observed.skip());
      await trial.quiet();
      return () => ({ observed });
    },
  },
  {
    when: 'while the origin is silent in the middle, during a read',
    needs: ['silence'],
    starving: true,
    approach: openSilent,
  },
  {
    when: 'after the end',
    held: false,
    laterReads: ['the end', 'closed'],
    async approach(trial) {
      const observed = trial.open(await trial.harness.put({ size: 300_000 }));
      await trial.within('the body', observed.rest());
      return () => ({ observed });
    },
  },
  {
    when: 'after a failure',
    held: false,
    laterReads: ['changed', 'closed'],
    async approach(trial) {
      const placed = await trial.harness.put({ size: 300_000 });
      await trial.harness.replace(placed.object);
      const observed = trial.open(placed);
      await trial.rejection('opened', observed.body.opened, 'changed');
      return () => ({ observed });
    },
  },
];

const WAYS: readonly (readonly Way[])[] = [['close()'], ['the signal']];

const WAYS_TWICE: readonly (readonly Way[])[] = [
  ['close()', 'close()'],
  ['close()', 'the signal'],
  ['the signal', 'close()'],
];

/** Each moment by each way, and one moment by each way of doing it twice. */
export const CLOSING_CASES: readonly ClosingCase[] = MOMENTS.flatMap((moment) => {
  const ways = moment.when === 'during a read' ? [...WAYS, ...WAYS_TWICE] : WAYS;
  return ways.map((way) => ({
    needs: [],
    held: true,
    opening: false,
    starving: false,
    laterReads: ['closed'],
    ...moment,
    ways: way,
    when: `by ${way.join(', then by ')}, ${moment.when}`,
  }));
});
