// The size of an object's parts, asked of a store that has GetObjectAttributes. Few have it beside Amazon (docs/SEMANTICS.md),
// and nobody depends on the answer: whatever goes wrong is taken for "not known".
import { LRUCache } from 'lru-cache';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import { countParts, isPartSize } from './part-size.ts';
import { parseXml } from './s3-answer.ts';
import type { ObjectName, Stat } from './source.ts';

/** Of two parts; one that is longer is another document, or the object itself. */
export const MAX_ATTRIBUTES_BYTES = 64 << 10;

/** Only the first parts are asked for: the others but the last are like them. */
export const ATTRIBUTES_FIELDS = { 'x-amz-object-attributes': 'ObjectParts', 'x-amz-max-parts': '2' } as const;

/** What an answer is worth waiting for: some ten times what Amazon takes. */
const PATIENCE_MS = 1_000;

/** A store that does not have the answer gets it by an update, or its permission from a person: neither is soon. */
const LEFT_ALONE_MS = 10 * 60_000;

/** Objects whose answer is kept; each takes some 100 bytes. */
const MAX_KNOWN_OBJECTS = 10_000;

/** After these the next object may fare better; after any other the store is left alone for a while. */
const PASSING_FAILURES = ['not-found', 'origin-unreachable', 'origin-busy', 'closed'] as const;

/** Empty for an object whose parts are not told, or not all of one size. */
type Answer = { readonly partBytes?: number };

export type AskAttributes = (object: ObjectName, signal: AbortSignal) => Promise<string>;

export type CompleteStat = (stat: Stat, asked: { object: ObjectName; signal: AbortSignal }) => Promise<Stat>;

/**
 * Makes what adds the size of its parts to a stat that lacks it, where the ETag says that there are parts. `ask` gives the
 * text of the store's answer, which is kept for each version of an object. Rejects only when `signal` is aborted.
 */
export function createPartSizeQuestion(ask: AskAttributes, clock: Clock = SYSTEM_CLOCK): CompleteStat {
  const known = new LRUCache<string, Answer>({ max: MAX_KNOWN_OBJECTS });
  let leftAloneUntilMs = Number.NEGATIVE_INFINITY;

  async function askOnce(stat: Stat, object: ObjectName, signal: AbortSignal): Promise<Answer | undefined> {
    const patience = new AbortController();
    const callOff = clock.after(PATIENCE_MS, () => patience.abort());
    try {
      return toAnswer(await ask(object, AbortSignal.any([signal, patience.signal])), stat);
    } catch (error) {
      if (signal.aborted) throw error;
      const isPassing = !patience.signal.aborted && isSluiceError(error, ...PASSING_FAILURES);
      if (!isPassing) leftAloneUntilMs = clock.now() + LEFT_ALONE_MS;
      return undefined;
    } finally {
      callOff();
    }
  }

  return async (stat, { object, signal }) => {
    const count = countParts(stat.etag);
    if (stat.partBytes !== undefined || count === undefined || count < 2) return stat;
    const name = `${stat.size} ${stat.etag}`;
    let answer = known.get(name);
    if (!answer && clock.now() >= leftAloneUntilMs) {
      answer = await askOnce(stat, object, signal);
      if (answer) known.set(name, answer);
    }
    return { ...stat, ...answer };
  };
}

/** Reads the answer to GetObjectAttributes. Throws `origin-invalid` for what is none. */
function toAnswer(text: string, { etag, size }: Stat): Answer {
  const { GetObjectAttributesResponse: response } = parseXml(text);
  if (response === undefined) {
    throw new SluiceError('origin-invalid', 'the origin answered GetObjectAttributes with something else');
  }
  // Amazon tells of single parts only where they have checksums of their own (API_GetObjectAttributesParts).
  const parts = fieldOf(fieldOf(response, 'ObjectParts'), 'Part');
  const [first, second] = (Array.isArray(parts) ? parts : [parts]).map((part) => Number(fieldOf(part, 'Size')));
  const count = countParts(etag) ?? 0;
  if (first === undefined || !isPartSize(first, { sizeBytes: size, count })) return {};
  return count === 2 || second === first ? { partBytes: first } : {};
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
