// The part of RFC 9651 (structured fields) that RFC 9530 needs: dictionaries whose members are byte sequences or
// integers. Parameters are checked and dropped. A member of another type makes the whole field malformed.

import { SluiceError } from '../errors.ts';
import { Scanner } from './scanner.ts';

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const WHOLE_KEY = /^[a-z*][a-z0-9_\-.*]*$/;
const SPACES = / +/y;
const WHITESPACE = /[\t ]+/y;
const EQUALS = /=/y;
const COMMA = /[\t ]*,[\t ]*/y;
const SEMICOLON = /; */y;
const INTEGER = /-?\d{1,15}/y;
const BYTES = /:[A-Za-z0-9+/]*={0,2}:/y;
/** Every bare item of §3.3 but the two kinds of string: number, token, byte sequence, boolean, date. */
const PLAIN_ITEM =
  /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})|[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*|:[A-Za-z0-9+/]*={0,2}:|\?[01]|@-?\d{1,15}/y;
const STRING_START = /"/y;
const STRING_PART = /[\x20\x21\x23-\x5b\x5d-\x7e]+|\\["\\]/y;
const DISPLAY_STRING_START = /%"/y;
const DISPLAY_STRING_PART = /[\x20\x21\x23\x24\x26-\x7e]+|%[0-9a-f]{2}/y;

/** Reads a dictionary (§4.2.2). Of a key that comes twice the last counts. `undefined` when it is malformed. */
export function parseDictionary<T>(
  value: string,
  takeItem: (scanner: Scanner) => T | undefined,
): ReadonlyMap<string, T> | undefined {
  const scanner = new Scanner(value);
  const members = new Map<string, T>();
  scanner.take(SPACES);
  while (!scanner.atEnd) {
    const key = scanner.take(KEY);
    if (key === undefined || scanner.take(EQUALS) === undefined) return undefined;
    const item = takeItem(scanner);
    if (item === undefined || !takeParameters(scanner)) return undefined;
    members.set(key, item);
    const comma = scanner.take(COMMA);
    if (comma === undefined) scanner.take(WHITESPACE);
    if (scanner.atEnd !== (comma === undefined)) return undefined;
  }
  return members;
}

/** Steps over a byte sequence (§4.2.7). Missing padding is let pass, as the RFC asks for. */
export function takeByteSequence(scanner: Scanner): Uint8Array | undefined {
  const base64 = scanner.take(BYTES)?.slice(1, -1).replace(/=+$/, '');
  if (base64 === undefined || base64.length % 4 === 1) return undefined;
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** Steps over an integer (§4.2.4). A decimal fails at its point, where the next member is expected. */
export function takeInteger(scanner: Scanner): number | undefined {
  const digits = scanner.take(INTEGER);
  return digits === undefined ? undefined : Number(digits);
}

function takeParameters(scanner: Scanner): boolean {
  while (scanner.take(SEMICOLON) !== undefined) {
    if (scanner.take(KEY) === undefined) return false;
    if (scanner.take(EQUALS) !== undefined && !takeBareItem(scanner)) return false;
  }
  return true;
}

function takeBareItem(scanner: Scanner): boolean {
  if (scanner.take(STRING_START) !== undefined) return takeRestOfString(scanner, STRING_PART);
  if (scanner.take(DISPLAY_STRING_START) !== undefined) return takeRestOfString(scanner, DISPLAY_STRING_PART);
  return scanner.take(PLAIN_ITEM) !== undefined;
}

function takeRestOfString(scanner: Scanner, part: RegExp): boolean {
  while (scanner.take(part) !== undefined);
  return scanner.take(STRING_START) !== undefined;
}

/** Writes a dictionary of byte sequences (§4.1.2). Throws `misuse` for a key that can't be one. */
export function formatDictionary(members: Iterable<readonly [string, Uint8Array]>): string {
  return Array.from(members, ([key, bytes]) => {
    if (!WHOLE_KEY.test(key)) throw new SluiceError('misuse', `${JSON.stringify(key)} is not a structured-field key`);
    return `${key}=:${Buffer.from(bytes).toString('base64')}:`;
  }).join(', ');
}
