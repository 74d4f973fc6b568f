// Percent-encoding as AWS does it, and the reading of paths and queries as S3 reads them: byte for byte, with no
// dot segment removed and no slash merged. The rules are "UriEncode" in "Create a signed AWS API request".

export type Query = readonly (readonly [name: string, value: string])[];

/** Encodes every byte but `A-Z a-z 0-9 - . _ ~`, with capital hex digits. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The same with the slashes left as they are: a key as it stands in a path. */
export function encodeKey(key: string): string {
  return encodeUri(key).replaceAll('%2F', '/');
}

/** Splits what stands between the method and the version of a request line. Undefined if it isn't UTF-8. */
export function parseTarget(target: string): { readonly path: string; readonly query: Query } | undefined {
  // Absolute form, as a client sends it to a proxy: the authority is in the Host header as well.
  const relative = target.replace(/^https?:\/\/[^/?]*/i, '') || '/';
  const mark = relative.indexOf('?');
  const path = mark < 0 ? relative : relative.slice(0, mark);
  try {
    return { path: decodeUri(path), query: mark < 0 ? [] : parseQuery(relative.slice(mark + 1)) };
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** The first value of a name, or undefined when it is not there. */
export function queryValue(query: Query, name: string): string | undefined {
  return query.find(([candidate]) => candidate === name)?.[1];
}

function parseQuery(text: string): Query {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 0) return [decodeUri(pair), ''] as const;
      return [decodeUri(pair.slice(0, equals)), decodeUri(pair.slice(equals + 1))] as const;
    });
}

/** Undoes percent-encoding, a plus sign being a space, as S3 has it in paths and queries alike. */
function decodeUri(text: string): string {
  return decodeURIComponent(text.replaceAll('+', '%20'));
}
