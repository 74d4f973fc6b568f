// Digests of a representation: RFC 9530. Repr-Digest says what the whole object hashes to, even beside a part of
// it; Want-Repr-Digest says which algorithms a client would like to see.

import { formatDictionary, parseDictionary, takeByteSequence, takeInteger } from './structured-field.ts';

/** Digest values by the algorithm's registered key, such as `sha-256`. */
export type Digests = { readonly [algorithm: string]: Uint8Array };

/** The algorithms with status Active in the registry of §7.2; the others are not fit to detect tampering. */
const ACTIVE_ALGORITHMS: ReadonlySet<string> = new Set(['sha-256', 'sha-512']);
/** §4: weights go from 0, "not acceptable", over 1, least wanted, to 10. */
const MAX_WEIGHT = 10;

/** The value of Repr-Digest. Of no digests it is empty: then there is no field to send. */
export function formatReprDigest(digests: Digests): string {
  return formatDictionary(Object.entries(digests));
}

/** Reads Repr-Digest; `undefined` when it is malformed. What the digests mean is the caller's to check. */
export function parseReprDigest(value: string): Digests | undefined {
  const members = parseDictionary(value, takeByteSequence);
  return members && Object.fromEntries(members);
}

/** Reads Want-Repr-Digest into weights; `undefined` when it is malformed, and then it is to be ignored. */
export function parseWantReprDigest(value: string): ReadonlyMap<string, number> | undefined {
  const weights = parseDictionary(value, takeInteger);
  if (!weights) return undefined;
  return [...weights.values()].every((weight) => weight >= 0 && weight <= MAX_WEIGHT) ? weights : undefined;
}

/** Which of the digests to send: the wanted ones, most wanted first; if nothing is said, those that are not deprecated. */
export function selectDigests(available: Digests, wanted: ReadonlyMap<string, number> | undefined): Digests {
  const entries = Object.entries(available);
  if (!wanted) return Object.fromEntries(entries.filter(([algorithm]) => ACTIVE_ALGORITHMS.has(algorithm)));
  const weightOf = (algorithm: string) => wanted.get(algorithm) ?? 0;
  return Object.fromEntries(
    entries.filter(([algorithm]) => weightOf(algorithm) > 0).toSorted(([a], [b]) => weightOf(b) - weightOf(a)),
  );
}
