// Where a response's body ends (RFC 9112 §6.3), and whether its connection may carry another exchange (§9.3).
import { SluiceError } from '../errors.ts';
import type { ResponseHead } from './response-head.ts';

export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

function invalid(what: string): SluiceError {
  return new SluiceError('origin-invalid', `the origin's response cannot be framed: ${what}`);
}

/** Decides how the body of a final response to `method` is framed. Throws `origin-invalid` where two readers could differ. */
export function toFraming(method: 'GET' | 'HEAD', head: ResponseHead): Framing {
  const length = head.fields.get('content-length');
  const coding = head.fields.get('transfer-encoding');
  // A repeated Content-Length arrives joined by a comma and fails here too, even when its values agree.
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw invalid(`Content-Length is ${JSON.stringify(length)}`);
  if (coding !== undefined && length !== undefined) throw invalid('Transfer-Encoding beside Content-Length');
  if (method === 'HEAD' || head.status === 204 || head.status === 304) return { kind: 'none' };
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw invalid(`Transfer-Encoding is ${JSON.stringify(coding)}`);
    if (head.minorVersion === 0) throw invalid('Transfer-Encoding in HTTP/1.0');
    return { kind: 'chunked' };
  }
  if (length !== undefined) return { kind: 'length', bytes: Number(length) };
  return { kind: 'until-close' };
}

/** Whether the origin leaves the connection open for another exchange after this response. */
export function staysOpen(head: ResponseHead, framing: Framing): boolean {
  if (framing.kind === 'until-close') return false;
  // A server that names a coding for a body it must not send may send its last chunk all the same, as Swift does.
  if (framing.kind === 'none' && head.fields.has('transfer-encoding')) return false;
  const options = (head.fields.get('connection') ?? '')
    .toLowerCase()
    .split(',')
    .map((option) => option.trim());
  if (options.includes('close')) return false;
  return head.minorVersion === 1 || options.includes('keep-alive');
}
