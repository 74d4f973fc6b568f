// Entity tags: RFC 9110 §8.8.3, and their two comparisons, §8.8.3.2.

import { parseList } from './list.ts';
import { Scanner } from './scanner.ts';

/** `opaque` keeps its quotes; `weak` tells of the prefix `W/`. */
export type EntityTag = { readonly opaque: string; readonly weak: boolean };

const WEAK = /W\//y;
/** `opaque-tag` with `etagc`, obs-text included. A space or a quote can't be in it. */
const OPAQUE = /"[\x21\x23-\x7e\x80-\xff]*"/y;
const ANY = /^[\t ]*\*[\t ]*$/;

/** Reads one entity tag; `undefined` if it is none. */
export function parseEntityTag(value: string): EntityTag | undefined {
  const scanner = new Scanner(value);
  const tag = takeEntityTag(scanner);
  return scanner.atEnd ? tag : undefined;
}

/** Reads an If-Match or If-None-Match field: `*` or a list. `undefined` when it is malformed. */
export function parseEntityTagList(value: string): '*' | readonly EntityTag[] | undefined {
  return ANY.test(value) ? '*' : parseList(value, takeEntityTag);
}

function takeEntityTag(scanner: Scanner): EntityTag | undefined {
  const weak = scanner.take(WEAK) !== undefined;
  const opaque = scanner.take(OPAQUE);
  return opaque === undefined ? undefined : { opaque, weak };
}

/** Whether both are strong and the same: then the bytes are the same. */
export function strongMatch(a: EntityTag, b: EntityTag): boolean {
  return !a.weak && !b.weak && a.opaque === b.opaque;
}

/** Whether both are the same, strong or weak: then one may stand for the other. */
export function weakMatch(a: EntityTag, b: EntityTag): boolean {
  return a.opaque === b.opaque;
}

/** Whether it is a strong entity tag, quotes and all. */
export function isStrongEntityTag(value: string): boolean {
  return parseEntityTag(value)?.weak === false;
}
