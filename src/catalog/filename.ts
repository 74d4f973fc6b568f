// The name under which a client saves an object, where nobody has said one.

/** Controls, and U+2028 and U+2029, which end a line where a filename is shown. */
const UNSHOWABLE = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** The last segment of a key, made fit to be shown; a key that ends in `/` has its last segment before that. */
export function filenameOf(key: string): string {
  const name = key.split('/').findLast((segment) => segment !== '') ?? '';
  return name.toWellFormed().replaceAll(UNSHOWABLE, '_') || 'object';
}
