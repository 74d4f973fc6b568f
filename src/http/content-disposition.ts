// The Content-Disposition field: RFC 6266, with the encoding of RFC 8187 for names beyond ASCII. A name may come
// from anywhere; whatever it holds, one line of printable ASCII goes out and no path.

/** Never part of a name: controls, line and paragraph separators, bidirectional overrides, path separators. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069/\\]/gu;
/** Folders, not names. */
const ONLY_DOTS = /^\.{1,2}$/;
/** RFC 6266, appendix D: user agents disagree about escapes and percent signs in `filename`, so there are none. */
const NOT_IN_FALLBACK = /[^\x20-\x7e]|["%]/gu;
/** What `encodeURIComponent` leaves as it is although it is not an `attr-char` of RFC 8187 §3.2.1. */
const NOT_ATTR_CHAR = /[*'()]/g;

/** The value of the field. `filename*` is added only when `filename` alone can't say the name. */
export function formatContentDisposition(type: 'attachment' | 'inline', filename: string): string {
  // A lone surrogate has no UTF-8; it becomes U+FFFD.
  const name = filename.toWellFormed().replace(UNSAFE, '_').replace(ONLY_DOTS, '_');
  if (name === '') return type;
  const fallback = name.replace(NOT_IN_FALLBACK, '_');
  const plain = `${type}; filename="${fallback}"`;
  return fallback === name ? plain : `${plain}; filename*=UTF-8''${encodeExtendedValue(name)}`;
}

function encodeExtendedValue(text: string): string {
  return encodeURIComponent(text).replace(NOT_ATTR_CHAR, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
