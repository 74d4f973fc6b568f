// Range fields as RFC 9110 §14.1.2 lets them be written, each with what it asks for, by the plainest reading there is.
import type { ByteRange } from '../../src/http/range.ts';
import type { Random } from '../../src/random.test-double.ts';

/** SEMANTICS.md: more ranges than these, or more than two that overlap, are refused. */
const MAX_RANGES = 64;
const MAX_OVERLAPPING = 2;

/** `ranges` is empty where 416 is the answer, and `undefined` where the field is to be ignored. */
export type AskedRange = { readonly text: string; readonly ranges: readonly ByteRange[] | undefined };

type Spec = { readonly text: string; readonly range: ByteRange | undefined };

export function randomRange(random: Random, size: number): AskedRange {
  const count = random.pick([1, 1, 1, 1, 1, 2, 2, 3, 1 + random.below(12), 60 + random.below(10)]);
  const specs = Array.from({ length: count }, () => randomSpec(random, size, count));
  const separator = () => random.pick([',', ',', ', ', ' ,', '\t, ', ',,', ' , ,']);
  const list = specs.map(({ text }, index) => `${index === 0 ? '' : separator()}${text}`).join('');
  const text = `${random.pick(['bytes', 'bytes', 'bytes', 'Bytes', 'BYTES'])}=${random.pick(['', '', '', ','])}${list}`;
  const asked = specs.flatMap(({ range }) => range ?? []);
  // One that ends before it begins makes the whole field invalid.
  if (asked.length < count) return { text, ranges: undefined };
  const inside = asked.filter(({ start, end }) => start < end);
  return { text, ranges: isTooMuch(inside) ? [] : inside };
}

/** Mostly narrow where there are many, so that most of them do not overlap. */
function randomSpec(random: Random, size: number, among: number): Spec {
  const edges = [0, 1, size - 1, size, size + 1, 2 ** 31, 2 ** 53, Number.MAX_SAFE_INTEGER] as const;
  const position = () => (random.chance(among > 1 ? 3 : 30) ? random.pick(edges) : random.below(size));
  const first = position();
  const last = among > 1 && !random.chance(5) ? first + random.below(1 + size / (among * among)) : position();
  const digits = (value: number) => `${random.chance(3) ? '000' : ''}${value}`;
  const form = random.below(among > 3 ? 10 * among : 6);
  if (form === 0) return { text: `-${digits(last)}`, range: { start: Math.max(0, size - last), end: size } };
  if (form === 1) return { text: `${digits(first)}-`, range: { start: first, end: size } };
  const range = last < first ? undefined : { start: first, end: Math.min(last + 1, size) };
  return { text: `${digits(first)}-${digits(last)}`, range };
}

function isTooMuch(ranges: readonly ByteRange[]): boolean {
  const overlapping = ranges.filter((range, index) =>
    ranges.some((other, at) => at !== index && range.start < other.end && other.start < range.end),
  );
  return ranges.length > MAX_RANGES || overlapping.length > MAX_OVERLAPPING;
}
