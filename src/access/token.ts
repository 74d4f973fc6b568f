// A bearer token as text: `sluice_<id>_<secret><checksum>`. The id finds it in the database, the secret proves it, and
// the checksum tells a mistyped one without a look-up. Scanners for leaked secrets know it by its form.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ID_PATTERN, randomId } from './random-id.ts';

/** 256 bits, so that no guess ever hits: 43 characters of base64url. */
const SECRET_BYTES = 32;

export const TOKEN_PREFIX = 'sluice_';

/** For scanners of secrets as well: 75 characters. */
const TOKEN = new RegExp(`^${TOKEN_PREFIX}(?<id>${ID_PATTERN})_[A-Za-z0-9_-]{43}(?<checksum>[0-9a-f]{8})$`);

const TOKEN_LENGTH = 75;
const CHECKSUM_LENGTH = 8;

export type NewToken = {
  readonly id: string;
  /** The secret itself: shown once, kept nowhere. */
  readonly text: string;
  readonly hash: Buffer;
};

export function makeToken(): NewToken {
  const id = randomId();
  const body = `${TOKEN_PREFIX}${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  const text = body + checksumOf(body);
  return { id, text, hash: hashToken(text) };
}

export type ShownToken = { readonly id: string; readonly hash: Buffer };

/** `undefined` for what was never a token of ours. */
export function parseToken(text: string): ShownToken | undefined {
  if (text.length !== TOKEN_LENGTH) return undefined;
  const { id, checksum } = TOKEN.exec(text)?.groups ?? {};
  if (id === undefined || checksumOf(text.slice(0, -CHECKSUM_LENGTH)) !== checksum) return undefined;
  return { id, hash: hashToken(text) };
}

/** Takes as long whether they differ in the first byte or in none. */
export function isSameHash(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/**
 * One SHA-256, with no salt and no stretching: these make guessing dearer where there is something to guess. Of 256
 * random bits nobody tries out a part worth mentioning, whatever a try costs.
 */
function hashToken(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

function checksumOf(text: string): string {
  return crc32(text).toString(16).padStart(CHECKSUM_LENGTH, '0');
}
