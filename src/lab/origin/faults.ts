// Which fault strikes which request: the first rule that matches and still has times left, alone. What a rule leaves to
// chance is drawn here, from its seed.

import { checkFaultRules } from './fault-rules.ts';
import type { ByteCount, Fault, FaultMatch, FaultRule } from './fault-rules.ts';

type DrawnName = 'resetAfterBytes' | 'stallAfterBytes' | 'truncateAfterBytes' | 'resetConnectionAfterBytes';

/** A fault as it strikes one request: nothing of it is left to chance. */
export type StruckFault = Omit<Fault, DrawnName> & { readonly [Name in DrawnName]?: number };

/** What a rule can look at. */
export type FaultSubject = {
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly range: string | undefined;
};

/** A rule and what it has done since it was set. */
export type FaultReading = FaultRule & { readonly matched: number; readonly struck: number };

type RuleState = {
  readonly rule: FaultRule;
  readonly draw: () => number;
  /** What was drawn for each connection. */
  readonly byConnection: WeakMap<object, number>;
  matched: number;
  struck: number;
};

export class Faults {
  #states: readonly RuleState[] = [];

  /** Takes the place of all rules before. Throws `bad-input` for rules that aren't, and changes nothing then. */
  set(rules: unknown): void {
    checkFaultRules(rules);
    this.#states = rules.map((rule) => ({
      rule,
      draw: createDraws(rule.seed ?? 1),
      byConnection: new WeakMap(),
      matched: 0,
      struck: 0,
    }));
  }

  read(): readonly FaultReading[] {
    return this.#states.map(({ rule, matched, struck }) => ({ ...rule, matched, struck }));
  }

  /** The fault for a request that has come over `connection`, or none. Each request is asked about once. */
  strike(subject: FaultSubject, connection: object): StruckFault | undefined {
    const state = this.#states.find((candidate) => strikes(candidate, subject));
    return state && drawFault(state, connection);
  }
}

function drawFault(state: RuleState, connection: object): StruckFault {
  const { rule, draw } = state;
  const { resetAfterBytes, stallAfterBytes, truncateAfterBytes, resetConnectionAfterBytes, ...rest } = rule.fault;
  return {
    ...rest,
    ...(resetAfterBytes !== undefined && { resetAfterBytes: drawBytes(resetAfterBytes, draw) }),
    ...(stallAfterBytes !== undefined && { stallAfterBytes: drawBytes(stallAfterBytes, draw) }),
    ...(truncateAfterBytes !== undefined && { truncateAfterBytes: drawBytes(truncateAfterBytes, draw) }),
    ...(resetConnectionAfterBytes !== undefined && {
      resetConnectionAfterBytes: drawForConnection(state, connection, resetConnectionAfterBytes),
    }),
  };
}

function drawForConnection({ byConnection, draw }: RuleState, connection: object, count: ByteCount): number {
  const bytes = byConnection.get(connection) ?? drawBytes(count, draw);
  byConnection.set(connection, bytes);
  return bytes;
}

function drawBytes(count: ByteCount, draw: () => number): number {
  if (typeof count === 'number') return count;
  return count.from + Math.floor(draw() * (count.to - count.from + 1));
}

function strikes(state: RuleState, subject: FaultSubject): boolean {
  const { match = {}, times = Number.POSITIVE_INFINITY, probability = 1 } = state.rule;
  if (!matches(match, subject)) return false;
  state.matched += 1;
  if (match.nth !== undefined && match.nth !== state.matched) return false;
  if (state.struck >= times || state.draw() >= probability) return false;
  state.struck += 1;
  return true;
}

function matches({ method, bucket, key, keyPrefix, ranged }: FaultMatch, subject: FaultSubject): boolean {
  return (
    (method === undefined || method === subject.method) &&
    (bucket === undefined || bucket === subject.bucket) &&
    (key === undefined || key === subject.key) &&
    (keyPrefix === undefined || (subject.key?.startsWith(keyPrefix) ?? false)) &&
    (ranged === undefined || ranged === (subject.range !== undefined))
  );
}

/** Tommy Ettinger's mulberry32: numbers from 0 to below 1, always the same for a seed. */
function createDraws(seed: number): () => number {
  let state = seed % 2 ** 32;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
