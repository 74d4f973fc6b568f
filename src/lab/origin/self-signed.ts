// A TLS key and a certificate for this machine, made on the spot, so that none has to lie in a repository.
// Just enough DER (ITU-T X.690) for one X.509 certificate (RFC 5280): P-256, ECDSA with SHA-256, its own authority.

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export type KeyAndCertificate = { readonly key: string; readonly cert: string };

const HOST_NAME = Buffer.from('localhost');
/** 127.0.0.1 and ::1. */
const ADDRESSES = [Buffer.from([127, 0, 0, 1]), Buffer.from([...Array.from({ length: 15 }, () => 0), 1])];

const DAY_MS = 86_400_000;
/** Long enough for any test; it is made anew each time. */
const VALID_DAYS = 30;

const OID_COMMON_NAME = '550403';
const OID_BASIC_CONSTRAINTS = '551d13';
const OID_SUBJECT_ALT_NAME = '551d11';
const OID_ECDSA_WITH_SHA256 = '2a8648ce3d040302';

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  sequence: 0x30,
  set: 0x31,
  /** Of a SubjectAltName. */
  dnsName: 0x82,
  ipAddress: 0x87,
  version: 0xa0,
  extensions: 0xa3,
} as const;

/** PEM, ready for `tls.createServer` and for a client's `ca`. */
export function createSelfSigned(now: Date = new Date()): KeyAndCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid(OID_ECDSA_WITH_SHA256));
  const name = sequence(der(TAG.set, sequence(oid(OID_COMMON_NAME), der(TAG.utf8String, HOST_NAME))));
  const validity = sequence(utcTime(now.getTime() - DAY_MS), utcTime(now.getTime() + VALID_DAYS * DAY_MS));
  const altNames = sequence(der(TAG.dnsName, HOST_NAME), ...ADDRESSES.map((address) => der(TAG.ipAddress, address)));
  const content = sequence(
    der(TAG.version, der(TAG.integer, Buffer.from([2]))),
    // Positive, and never with a needless zero in front, which DER forbids.
    der(TAG.integer, Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(
      TAG.extensions,
      sequence(
        extension(OID_BASIC_CONSTRAINTS, sequence(der(TAG.boolean, Buffer.from([0xff])))),
        extension(OID_SUBJECT_ALT_NAME, altNames),
      ),
    ),
  );
  const signature = sign('sha256', content, privateKey);
  const certificate = sequence(content, algorithm, der(TAG.bitString, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: toPem('CERTIFICATE', certificate),
  };
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(TAG.sequence, ...parts);
}

function oid(hex: string): Buffer {
  return der(TAG.oid, Buffer.from(hex, 'hex'));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(TAG.octetString, value));
}

function utcTime(time: number): Buffer {
  const digits = new Date(time).toISOString().replace(/\.\d+|\D/g, '');
  return der(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`));
}

/** Tag, length, value. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const lengthBytes = length < 0x80 ? [length] : [0x82, length >>> 8, length & 0xff];
  // DER wants the shortest form of a length.
  if (length >= 0x80 && length < 0x100) lengthBytes.splice(0, 2, 0x81);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), value]);
}

function toPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
