// The examples' own authentication: one bearer token from the environment. Yours will be another; it comes first.
import { createHash, timingSafeEqual } from 'node:crypto';

const TOKEN = process.env['TOKEN'];

function toDigest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Whether an Authorization field carries the token. Compared by digests of one length, in constant time. */
export function isAllowed(authorization: string | undefined): boolean {
  if (!TOKEN || !authorization?.startsWith('Bearer ')) return false;
  return timingSafeEqual(toDigest(authorization.slice('Bearer '.length)), toDigest(TOKEN));
}
