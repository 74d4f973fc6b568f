// Names of tokens and of the keys of links: they are no secret, and nobody hits one by chance.
import { randomBytes } from 'node:crypto';

/** RFC 4648 §6, in lower case: nothing that is taken for another character when it is read out. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** 80 bits. */
const ID_LENGTH = 16;

/** An id in a regular expression. */
export const ID_PATTERN = `[a-z2-7]{${ID_LENGTH}}`;

export function randomId(): string {
  // 256 is a multiple of 32, so that no character is likelier than another.
  return Array.from(randomBytes(ID_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
