// The list syntax that Range, If-Match and If-None-Match share: RFC 9110 §5.6.1.2, `1#element` as a recipient reads
// it. Optional whitespace around commas is allowed, and empty elements are skipped.

import { Scanner } from './scanner.ts';

const GAP = /[\t ,]+/y;

/** The elements of a list, at least one, or `undefined` when it is malformed. `takeElement` steps over one element. */
export function parseList<T>(text: string, takeElement: (scanner: Scanner) => T | undefined): readonly T[] | undefined {
  const scanner = new Scanner(text);
  const elements: T[] = [];
  scanner.take(GAP);
  while (!scanner.atEnd) {
    const element = takeElement(scanner);
    if (element === undefined) return undefined;
    elements.push(element);
    const gap = scanner.take(GAP);
    if (!scanner.atEnd && !gap?.includes(',')) return undefined;
  }
  return elements.length > 0 ? elements : undefined;
}
