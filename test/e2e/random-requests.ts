// Requests with random Range and conditional fields: some as the grammar has them, with the answer that they must
// get; some of those damaged in a place or two; some with fields of pure garbage.
import type { ByteRange } from '../../src/http/range.ts';
import type { Random } from '../../src/random.test-double.ts';
import { randomRange } from './random-range.ts';

/** What the fields are about. */
export type Subject = {
  readonly path: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
};

/** Of a 206, `ranges` are those that must come. */
export type Expected = { readonly status: number; readonly ranges?: readonly ByteRange[] };

export type RandomRequest = {
  readonly method: 'GET' | 'HEAD';
  readonly text: string;
  /** Where it is clear what it must be. */
  readonly expected: Expected | undefined;
};

/** A value, and whether the condition it states holds; `undefined` where it must be ignored. */
type Condition = { readonly text: string; readonly holds: boolean | undefined };
type Field = { readonly name: string; readonly value: string };

const NAMES = [
  'Range',
  'If-Match',
  'If-None-Match',
  'If-Modified-Since',
  'If-Unmodified-Since',
  'If-Range',
  'Want-Repr-Digest',
] as const;

/** What a damaged value gets where it gets something. All may stand in a field. */
const SPLINTERS = [
  ...[
    'bytes',
    '=',
    '-',
    ',',
    ' ',
    '\t',
    '"',
    'W/',
    'w/',
    '*',
    '0',
    '9',
    '-1',
    '+1',
    '1e3',
    '0x10',
    '.5',
    ';q=1',
    '%00',
  ],
  ...[
    '9'.repeat(30),
    ','.repeat(300),
    '0-0,'.repeat(70),
    '"a",'.repeat(99),
    '\x80',
    '\xff',
    'GMT',
    ':',
    '()',
    '\\"',
    'é',
  ],
] as const;

/** Characters that no field may have (RFC 9110 §5.5). */
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\0-\x08\x0a-\x1f\x7f]/;

/** What every request with a character that no field may have must get. */
export const BROKEN_HEAD: Expected = { status: 400 };

export function randomRequest(random: Random, subject: Subject): RandomRequest {
  const method = random.chance(10) ? 'HEAD' : 'GET';
  const asked = random.chance(25) ? undefined : askByGrammar(random, subject, method);
  let fields = asked?.fields ?? NAMES.filter(() => random.chance(30)).map((name) => ({ name, value: garbage(random) }));
  let expected = asked?.expected;
  if (asked && random.chance(45)) {
    fields = fields.map((field) => (random.chance(70) ? { ...field, value: damage(random, field.value) } : field));
    if (random.chance(10)) fields = [...fields, ...fields.slice(0, 1)];
    expected = undefined;
  }
  if (fields.some(({ value }) => FORBIDDEN.test(value))) expected = BROKEN_HEAD;
  const lines = fields.map(({ name, value }) => `${random.chance(10) ? name.toLowerCase() : name}: ${value}\r\n`);
  const text = `${method} ${subject.path} HTTP/1.1\r\nHost: test\r\n${lines.join('')}\r\n`;
  return { method, text, expected };
}

/** RFC 9110 §13.2.2, as a table of what each field holds. */
function askByGrammar(random: Random, subject: Subject, method: string) {
  const ifMatch = sometimes(random, 12, () => matchCondition(random, subject));
  const ifUnmodified = sometimes(random, 12, () => dateCondition(random, subject));
  const ifNone = sometimes(random, 15, () => noneCondition(random, subject));
  const ifModified = sometimes(random, 20, () => dateCondition(random, subject));
  const range = sometimes(random, 90, () => randomRange(random, subject.size));
  const ifRange = sometimes(random, 20, () => rangeCondition(random, subject));
  const fields: Field[] = [
    ...toFields('If-Match', ifMatch),
    ...toFields('If-Unmodified-Since', ifUnmodified),
    ...toFields('Range', range),
    ...toFields('If-None-Match', ifNone),
    ...toFields('If-Modified-Since', ifModified),
    ...toFields('If-Range', ifRange),
  ];
  const isOurs = ifMatch ? ifMatch.holds : ifUnmodified?.holds !== false;
  const isKnown = ifNone ? ifNone.holds === false : ifModified?.holds === true;
  const ranges = method === 'GET' && ifRange?.holds !== false ? range?.ranges : undefined;
  return { fields, expected: toExpected({ isOurs: isOurs === true, isKnown, ranges }) };
}

function toExpected(asked: {
  readonly isOurs: boolean;
  readonly isKnown: boolean;
  readonly ranges: readonly ByteRange[] | undefined;
}): Expected {
  if (!asked.isOurs) return { status: 412 };
  if (asked.isKnown) return { status: 304 };
  if (!asked.ranges) return { status: 200 };
  return asked.ranges.length === 0 ? { status: 416 } : { status: 206, ranges: asked.ranges };
}

function matchCondition(random: Random, { etag }: Subject): Condition {
  return random.pick<Condition>([
    { text: etag, holds: true },
    { text: '*', holds: true },
    { text: `"other", ${etag}`, holds: true },
    { text: `,, W/"x" ,${etag},`, holds: true },
    { text: '"other"', holds: false },
    { text: `W/${etag}`, holds: false },
    { text: etag.slice(1), holds: false },
    { text: `*, ${etag}`, holds: false },
  ]);
}

function noneCondition(random: Random, { etag }: Subject): Condition {
  return random.pick<Condition>([
    { text: '"other"', holds: true },
    { text: '"other", W/"x"', holds: true },
    { text: etag.toUpperCase(), holds: etag.toUpperCase() !== etag },
    { text: etag.slice(0, -1), holds: undefined },
    { text: etag, holds: false },
    { text: `W/${etag}`, holds: false },
    { text: '*', holds: false },
    { text: `"a,b", W/${etag}`, holds: false },
  ]);
}

/** Whether the object has not been modified since. */
function dateCondition(random: Random, { lastModified }: Subject): Condition {
  const at = (seconds: number) => new Date(lastModified.getTime() + seconds * 1000).toUTCString();
  return random.pick<Condition>([
    { text: at(0), holds: true },
    { text: at(1), holds: true },
    { text: at(86_400), holds: true },
    { text: at(-1), holds: false },
    { text: at(-86_400 * 365), holds: false },
    { text: lastModified.toISOString(), holds: undefined },
    { text: 'yesterday', holds: undefined },
  ]);
}

/** Whether Range applies. */
function rangeCondition(random: Random, { etag, lastModified }: Subject): Condition {
  return random.pick<Condition>([
    { text: etag, holds: true },
    { text: etag, holds: true },
    { text: `W/${etag}`, holds: false },
    { text: '"other"', holds: false },
    { text: lastModified.toUTCString(), holds: false },
    { text: `${etag}, ${etag}`, holds: false },
  ]);
}

function toFields(name: string, field: { readonly text: string } | undefined): Field[] {
  return field ? [{ name, value: field.text }] : [];
}

function sometimes<T>(random: Random, percent: number, make: () => T): T | undefined {
  return random.chance(percent) ? make() : undefined;
}

/** One to three wounds. One in two hundred is of a kind that breaks the head. */
function damage(random: Random, value: string): string {
  let damaged = value;
  for (let wounds = 1 + random.below(3); wounds > 0; wounds -= 1) {
    const at = random.below(damaged.length + 1);
    const [before, after] = [damaged.slice(0, at), damaged.slice(at)];
    const splinter = random.chance(0.5) ? control(random) : random.pick(SPLINTERS);
    damaged = random.pick([
      before + splinter + after,
      before + splinter + after.slice(1),
      before + after.slice(1),
      before,
      after,
      before + before + after,
      after + before,
    ]);
  }
  return oneLine(damaged);
}

function garbage(random: Random): string {
  const octet = () => (random.chance(0.1) ? control(random) : String.fromCharCode(0x20 + random.below(0x5f)));
  const high = () => (random.chance(10) ? String.fromCharCode(0x80 + random.below(0x80)) : octet());
  return oneLine(Array.from({ length: random.below(60) }, high).join(''));
}

function control(random: Random): string {
  return String.fromCharCode(random.pick([0, 1, 8, 10, 11, 12, 13, 27, 31, 127]));
}

/** A line end would not be a character of the value: it would end it. */
function oneLine(value: string): string {
  return value.replaceAll('\r\n', '\r').slice(0, 2000);
}
