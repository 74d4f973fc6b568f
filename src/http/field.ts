// What may stand in a header field at all: RFC 9110 §5.5 and §5.6. Whoever writes a value that came from outside
// (a file name, a media type, an ETag of the origin) asks here first.

import { Scanner } from './scanner.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether it is a `token` (§5.6.2): a method, a field name, a parameter's name. */
export function isToken(value: string): boolean {
  return TOKEN.test(value);
}

/**
 * Whether it can stand in a field line: no CR, LF, NUL or other control but the tab, and nothing above U+00FF, since
 * a field is made of octets. Whitespace around it is allowed; a recipient strips that.
 */
export function isFieldValue(value: string): boolean {
  return FIELD_VALUE.test(value);
}

const ESSENCE = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const SEMICOLON = /[\t ]*;[\t ]*/y;
const PARAMETER_NAME = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+=/y;
const PARAMETER_TOKEN = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const QUOTE = /"/y;
/** `qdtext` or `quoted-pair` of §5.6.4. */
const QUOTED = /[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]+|\\[\t \x21-\x7e\x80-\xff]/y;

/** Whether it is a `media-type` (§8.3.1) with any parameters: `text/plain; charset="utf-8"`. */
export function isMediaType(value: string): boolean {
  const scanner = new Scanner(value);
  if (scanner.take(ESSENCE) === undefined) return false;
  while (scanner.take(SEMICOLON) !== undefined) {
    // §5.6.6 lets a parameter be empty. A name without `=` fails where the next semicolon is expected.
    if (scanner.take(PARAMETER_NAME) === undefined) continue;
    if (!takeParameterValue(scanner)) return false;
  }
  return scanner.atEnd;
}

function takeParameterValue(scanner: Scanner): boolean {
  if (scanner.take(QUOTE) === undefined) return scanner.take(PARAMETER_TOKEN) !== undefined;
  while (scanner.take(QUOTED) !== undefined);
  return scanner.take(QUOTE) !== undefined;
}
