// The forms in which a request may say what it is for (RFC 9112 §3.2), made one: routes read the origin-form alone.

/** The authority must not be empty (RFC 9110 §4.2.1); whose it is makes no difference here. */
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]+(?<path>[^?#]*)(?<query>\?[^#]*)?$/i;

/**
 * The origin-form of `target`: itself, or, of an absolute-form, what follows the authority. `undefined` for what no
 * route can be for: the other forms, other schemes, and a fragment, which one may drop and another take for a name.
 */
export function toOriginForm(target: string): string | undefined {
  if (target.startsWith('/')) return target.includes('#') ? undefined : target;
  const { path, query = '' } = ABSOLUTE_FORM.exec(target)?.groups ?? {};
  return path === undefined ? undefined : `${path || '/'}${query}`;
}
