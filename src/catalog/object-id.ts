// Which texts can name an object. An id is a part of a URL's path, so whatever a path may be rewritten to on its
// way (`..` resolved, `//` joined, `\` turned into `/`) is refused here: one id has one spelling.

/** As much as S3 allows a key; it fits any URL limit in use even when every byte is percent-encoded. */
export const MAX_OBJECT_ID_BYTES = 1024;

/** The rule in words, for whoever has broken it. */
export const OBJECT_ID_RULE =
  '1 to 1024 bytes of UTF-8 with no control character and no backslash, in segments between "/" that are not empty, "." or ".."';

/** Control characters (C0, DEL, C1), U+2028 and U+2029, which end a line in a log, and the backslash. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\\]/u;

/**
 * Whether the text can be an object's id: 1 to 1024 bytes of UTF-8 in segments separated by `/`, none of them
 * empty, `.` or `..`; without control characters, backslashes and lone surrogates.
 */
export function isObjectId(text: string): boolean {
  // A UTF-16 unit is at least one byte of UTF-8: a hostile text of megabytes is refused before it is looked through.
  if (text.length === 0 || text.length > MAX_OBJECT_ID_BYTES) return false;
  if (!text.isWellFormed() || FORBIDDEN.test(text)) return false;
  if (Buffer.byteLength(text) > MAX_OBJECT_ID_BYTES) return false;
  return text.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
