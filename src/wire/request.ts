// A request as bytes. Only GET and HEAD, which have no content and may be sent again.
import { SluiceError } from '../errors.ts';
import { isToken } from '../http/field.ts';

const TARGET = /^\/[\x21-\x7e]*$/;
const FIELD_VALUE = /^[\x20-\x7e\x80-\xff]*$/;

export type WireRequest = {
  readonly method: 'GET' | 'HEAD';
  /** The request line and the fields, ended by an empty line, one byte a character. */
  readonly head: string;
};

/**
 * Writes a request. `target` is in origin-form, encoded already (RFC 9112 §3.2.1); `fields` must hold Host.
 * Throws `bad-input` for what could break out of its line.
 */
export function toWireRequest(
  method: 'GET' | 'HEAD',
  target: string,
  fields: Iterable<readonly [name: string, value: string]>,
): WireRequest {
  if (!TARGET.test(target)) throw new SluiceError('bad-input', 'a request target must be an encoded path');
  let head = `${method} ${target} HTTP/1.1\r\n`;
  for (const [name, value] of fields) {
    if (!isToken(name) || !FIELD_VALUE.test(value)) {
      throw new SluiceError('bad-input', `the request field ${JSON.stringify(name)} has a character it must not have`);
    }
    head += `${name}: ${value}\r\n`;
  }
  return { method, head: `${head}\r\n` };
}
