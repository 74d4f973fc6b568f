// `--digest sha-256=…`: a digest as tools print it, in hex (sha256sum) or in base64 (RFC 9530, S3).
import { DIGEST_LENGTHS } from '../catalog/entry-check.ts';
import { SluiceError } from '../errors.ts';

/** Adds what one option says to what those before it said. Throws `bad-input`. */
export function addDigest(text: string, before: Readonly<Record<string, Uint8Array>>): Record<string, Uint8Array> {
  const equals = text.indexOf('=');
  const algorithm = text.slice(0, Math.max(0, equals)).toLowerCase();
  const length = Object.hasOwn(DIGEST_LENGTHS, algorithm) ? DIGEST_LENGTHS[algorithm] : undefined;
  if (length === undefined) {
    const want = Object.keys(DIGEST_LENGTHS).map((name) => `${name}=VALUE`);
    throw new SluiceError('bad-input', `got the digest ${JSON.stringify(text)}, want ${want.join(' or ')}`);
  }
  const digest = parseDigest(text.slice(equals + 1), length);
  if (!digest) {
    const want = `${length * 2} hexadecimal digits, or ${length} bytes in base64`;
    throw new SluiceError('bad-input', `got ${JSON.stringify(text)}, want ${want} after ${algorithm}=`);
  }
  return { ...before, [algorithm]: digest };
}

function parseDigest(text: string, length: number): Uint8Array | undefined {
  if (text.length === length * 2 && /^[0-9a-f]+$/i.test(text)) return Buffer.from(text, 'hex');
  if (!/^[0-9A-Za-z+/]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  // Node's decoder skips what it does not understand; what it gives back must say the same again.
  const same = bytes.toString('base64').replaceAll('=', '') === text.replaceAll('=', '');
  return same && bytes.length === length ? bytes : undefined;
}
