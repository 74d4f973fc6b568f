// A prefix as a range of ids, so that a database finds them by its index.

/** The last code point of Unicode: nothing comes after a text that begins with it. */
const LAST_CODE_POINT = 0x10ffff;

/**
 * The first text, in the order of UTF-8 bytes, that comes after every text with this prefix, or `undefined` when
 * there is none. The order of UTF-8 bytes is the order of code points.
 */
export function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.at(-1) === LAST_CODE_POINT) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // The surrogates between U+D7FF and U+E000 are no characters.
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}
