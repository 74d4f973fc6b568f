// Random Range and conditional fields: written by the grammar, mutated, or pure garbage, always the same for a seed.
// All of it is legal in a field's value (RFC 9110 §5.5), so that it reaches the gateway and not just Node's parser.

export type RandomRequest = {
  readonly method: 'GET' | 'HEAD';
  readonly fields: Readonly<Record<string, string>>;
  /** What must come, where the request is one range and nothing else. */
  readonly expected?: ExpectedRange;
};

/** Half-open; `undefined` where there is no such range. */
export type ExpectedRange = { readonly range: { readonly start: number; readonly end: number } | undefined };

/** What the requests are about. */
export type Target = { readonly size: number; readonly etag: string; readonly lastModified: Date };

type Random = {
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
};

const CONDITIONS = ['If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'If-Range'] as const;

const MAX_GARBAGE_LENGTH = 120;
const MAX_MUTATIONS = 3;
/** More than the gateway makes an answer of. */
const MANY_RANGES = 80;

/** Requests without end. */
export function* randomRequests(seed: number, target: Target): Generator<RandomRequest, never> {
  const random = createRandom(seed);
  for (;;) {
    if (random.chance(0.2)) {
      yield singleRange(random, target.size);
      continue;
    }
    const fields: Record<string, string> = {};
    if (random.chance(0.8)) fields['Range'] = spoil(random, rangeField(random, target.size));
    for (const name of CONDITIONS) {
      if (random.chance(0.15)) fields[name] = spoil(random, conditionField(random, target));
    }
    yield { method: random.chance(0.9) ? 'GET' : 'HEAD', fields };
  }
}

function singleRange(random: Random, size: number): RandomRequest {
  const first = position(random, size);
  const length = random.below(size);
  const [text, start, end] = random.pick<readonly [string, number, number]>([
    [`${first}-${first + length}`, first, first + length + 1],
    [`${first}-`, first, size],
    [`-${length}`, Math.max(0, size - length), size],
  ]);
  const range = start < Math.min(end, size) ? { start, end: Math.min(end, size) } : undefined;
  return { method: 'GET', fields: { Range: `bytes=${text}` }, expected: { range } };
}

function rangeField(random: Random, size: number): string {
  const count = random.chance(0.01) ? random.below(MANY_RANGES) : 1 + random.below(3);
  const specs = Array.from({ length: count }, () => {
    const [first, last] = [position(random, size), position(random, size)];
    return random.pick([`${first}-${last}`, `${first}-${first + random.below(9)}`, `${first}-`, `-${last}`, '']);
  });
  return `${random.pick(['bytes', 'bytes', 'bytes', 'Bytes', 'lines'])}=${specs.join(random.pick([',', ', ', ' ,\t']))}`;
}

/** Numbers around which a comparison may be wrong by one, or lose digits. */
function position(random: Random, size: number): number {
  const edges = [0, 1, size - 1, size, size + 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53 + 2, 1e20];
  return random.chance(0.5) ? random.below(size + 2) : random.pick(edges);
}

function conditionField(random: Random, { etag, lastModified }: Target): string {
  const at = new Date(lastModified.getTime() + random.pick([-86_400_000, -1000, 0, 1000]));
  return random.pick([
    etag,
    `W/${etag}`,
    `"other", ${etag}`,
    '"other"',
    '*',
    at.toUTCString(),
    at.toUTCString().replace('GMT', 'UTC'),
    at.toString().slice(0, 24),
  ]);
}

/** Leaves it, mutates it, or puts garbage in its place. */
function spoil(random: Random, text: string): string {
  if (random.chance(0.4)) return text;
  if (random.chance(0.2)) return garbage(random, random.below(MAX_GARBAGE_LENGTH));
  let spoilt = text;
  for (let left = random.below(MAX_MUTATIONS) + 1; left > 0; left -= 1) {
    const at = random.below(spoilt.length + 1);
    const to = Math.min(spoilt.length, at + random.below(6));
    const between = random.pick(['', spoilt.slice(at, to).repeat(2), garbage(random, 1), '-', ',', '=', '0', ' ']);
    spoilt = spoilt.slice(0, at) + between + spoilt.slice(to);
  }
  return spoilt;
}

/** Tabs, spaces, visible ASCII and obs-text. */
function garbage(random: Random, length: number): string {
  return Array.from({ length }, () => {
    const code = 0x20 + random.below(0xe0);
    return code === 0x7f ? '\t' : String.fromCharCode(code);
  }).join('');
}

/** Tommy Ettinger's mulberry32. */
function createRandom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { below, chance: (probability) => next() < probability, pick: (from) => from[below(from.length)]! };
}
