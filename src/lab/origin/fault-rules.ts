// What may go wrong on request: the rules as people write them, in JSON, and the reading of them, with every mistake
// named by its place.

import { SluiceError } from '../../errors.ts';

/** So many bytes; or a number of them that is drawn from the rule's seed, from `from` to `to`, both included. */
export type ByteCount = number | { readonly from: number; readonly to: number };

/** What the answer suffers. Several may be named together, but one ending and one refusal at most. */
export type Fault = {
  /** An ending: a reset (RST) after so many bytes of the body. Drawn each time it strikes. */
  readonly resetAfterBytes?: ByteCount;
  /** An ending: silence after so many bytes of the body, until the peer leaves. Drawn each time it strikes. */
  readonly stallAfterBytes?: ByteCount;
  /** An ending: an orderly close (FIN) after so many bytes of the body, short of Content-Length. Drawn as above. */
  readonly truncateAfterBytes?: ByteCount;
  /**
   * An ending: a reset (RST) when so many bytes of bodies have gone over the connection since it began, those of
   * answers that were not struck included. Drawn once for each connection.
   */
  readonly resetConnectionAfterBytes?: ByteCount;
  /** A refusal: 503 SlowDown, with Retry-After if it says when. */
  readonly slowDown?: { readonly retryAfterSeconds?: number };
  /** A refusal: 500 InternalError. */
  readonly internalError?: true;
  /** A refusal: no answer at all, until the peer leaves. */
  readonly neverAnswer?: true;
  /** A refusal: a reset (RST) instead of an answer. */
  readonly resetUnanswered?: true;
  /** The head comes so much later. */
  readonly headDelayMs?: number;
  /** The body comes no faster, all answers of one connection taken together. */
  readonly rateBytesPerSecond?: number;
  /** The answer bears another ETag than the object's, whatever If-Match said. */
  readonly changedEtag?: true;
  /** 200 and the whole object, whatever Range said. */
  readonly ignoreRange?: true;
  /** Content-Range tells of other bytes than those that come. */
  readonly wrongContentRange?: true;
};

/** Which requests; what is left out matches all. */
export type FaultMatch = {
  readonly method?: string;
  readonly bucket?: string;
  readonly key?: string;
  readonly keyPrefix?: string;
  /** With a Range field, or without one. */
  readonly ranged?: boolean;
  /** Only the nth of the requests that the rest matches, counted from 1. */
  readonly nth?: number;
};

export type FaultRule = {
  readonly match?: FaultMatch;
  /** How often it strikes, at most. */
  readonly times?: number;
  /** From 0 to 1, drawn for each request that matches: the same draws again for the same seed. */
  readonly probability?: number;
  readonly seed?: number;
  readonly fault: Fault;
};

type Check = (value: unknown, place: string) => void;

const ENDINGS = ['resetAfterBytes', 'stallAfterBytes', 'truncateAfterBytes', 'resetConnectionAfterBytes'];
const REFUSALS = ['slowDown', 'internalError', 'neverAnswer', 'resetUnanswered'];

const checkCount = numberCheck('a whole number, 0 or more', (value) => Number.isSafeInteger(value) && value >= 0);
const checkPositive = numberCheck('a whole number, 1 or more', (value) => Number.isSafeInteger(value) && value >= 1);
const checkProbability = numberCheck('a number from 0 to 1', (value) => value >= 0 && value <= 1);
/** The longest a timer can wait: 2^31 - 1 ms. */
const checkDelay = numberCheck('milliseconds, from 0 to 2147483647', (value) => value >= 0 && value <= 2 ** 31 - 1);

const checkBounds = objectCheck<Exclude<ByteCount, number>>({ from: checkCount, to: checkCount });

const FAULT_CHECKS: Readonly<Record<keyof Fault, Check>> = {
  resetAfterBytes: checkByteCount,
  stallAfterBytes: checkByteCount,
  truncateAfterBytes: checkByteCount,
  resetConnectionAfterBytes: checkByteCount,
  slowDown: objectCheck<NonNullable<Fault['slowDown']>>({ retryAfterSeconds: checkCount }),
  internalError: checkTrue,
  neverAnswer: checkTrue,
  resetUnanswered: checkTrue,
  headDelayMs: checkDelay,
  rateBytesPerSecond: checkPositive,
  changedEtag: checkTrue,
  ignoreRange: checkTrue,
  wrongContentRange: checkTrue,
};
const checkFault = objectCheck<Fault>(FAULT_CHECKS);

const checkRule = objectCheck<FaultRule>({
  match: objectCheck<FaultMatch>({
    method: checkText,
    bucket: checkText,
    key: checkText,
    keyPrefix: checkText,
    ranged: checkBoolean,
    nth: checkPositive,
  }),
  times: checkPositive,
  probability: checkProbability,
  seed: checkCount,
  fault: checkSensibleFault,
});

/** Throws `bad-input`, unless it is a list of rules. */
export function checkFaultRules(rules: unknown): asserts rules is readonly FaultRule[] {
  if (!Array.isArray(rules)) fail('rules', 'a list of { match, times, probability, fault }', rules);
  rules.forEach((rule: unknown, index) => {
    const place = `rules[${index}]`;
    checkRule(rule, place);
    if (!(rule instanceof Object && 'fault' in rule)) fail(`${place}.fault`, 'there', undefined);
  });
}

function checkSensibleFault(value: unknown, place: string): void {
  checkFault(value, place);
  const names = Object.keys(value as object);
  if (names.length === 0) fail(place, `one or more of ${Object.keys(FAULT_CHECKS).join(', ')}`, value);
  for (const group of [ENDINGS, REFUSALS]) {
    const named = names.filter((name) => group.includes(name));
    if (named.length > 1) fail(place, `at most one of ${group.join(', ')}`, value);
  }
}

function checkByteCount(value: unknown, place: string): void {
  if (typeof value !== 'object') return checkCount(value, place);
  checkBounds(value, place);
  const { from, to } = value as { from?: number; to?: number };
  if (from === undefined || to === undefined || from > to) fail(place, '{ from, to }, from no more than to', value);
}

function checkTrue(value: unknown, place: string): void {
  if (value !== true) fail(place, 'true, or left out', value);
}

function checkBoolean(value: unknown, place: string): void {
  if (typeof value !== 'boolean') fail(place, 'true or false', value);
}

function checkText(value: unknown, place: string): void {
  if (typeof value !== 'string') fail(place, 'a text', value);
}

function numberCheck(wanted: string, accepts: (value: number) => boolean): Check {
  return (value, place) => {
    if (typeof value !== 'number' || !accepts(value)) fail(place, wanted, value);
  };
}

/** Checks each field that is there, and that there is no other. */
function objectCheck<Shape extends object>(fields: Readonly<Record<keyof Shape, Check>>): Check {
  const checks = new Map<string, Check>(Object.entries(fields));
  return (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(place, 'an object', value);
    for (const [name, inner] of Object.entries(value)) {
      const check = checks.get(name);
      if (!check) fail(`${place}.${name}`, `left out; it may have ${[...checks.keys()].join(', ')}`, inner);
      if (inner !== undefined) check(inner, `${place}.${name}`);
    }
  };
}

function fail(place: string, wanted: string, got: unknown): never {
  throw new SluiceError('bad-input', `${place} must be ${wanted}; it is ${JSON.stringify(got) ?? 'missing'}`);
}
