// The errors of PostgreSQL and of `pg` in the house's words. Every one of them passes through here, once.
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

type Meaning = { readonly code: ErrorCode; readonly text: string };

const away = (text: string): Meaning => ({ code: 'unavailable', text });
const refused = (text: string): Meaning => ({ code: 'bad-input', text });
const busy = (text: string): Meaning => ({ code: 'overloaded', text });

const UNREACHABLE = away('cannot be reached');
const UNTRUSTED = refused('has a certificate that is not trusted; want sslrootcert=… of who issued it in the URL');

/** Codes of Node.js, of https://www.postgresql.org/docs/current/errcodes-appendix.html, and classes of these. */
const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ['ECONNREFUSED', UNREACHABLE],
  ['ECONNRESET', UNREACHABLE],
  ['ECONNABORTED', UNREACHABLE],
  ['EPIPE', UNREACHABLE],
  ['ETIMEDOUT', UNREACHABLE],
  ['EHOSTDOWN', UNREACHABLE],
  ['EHOSTUNREACH', UNREACHABLE],
  ['ENETDOWN', UNREACHABLE],
  ['ENETUNREACH', UNREACHABLE],
  ['EADDRNOTAVAIL', UNREACHABLE],
  ['EMFILE', UNREACHABLE],
  // A name that is not known may be one that the resolver has lost for a moment; a Unix socket is not there while
  // its server is not.
  ['ENOTFOUND', UNREACHABLE],
  ['EAI_AGAIN', UNREACHABLE],
  ['ENOENT', UNREACHABLE],
  ['EACCES', refused('has a socket this user may not use; want one that it may')],
  ['CERT_HAS_EXPIRED', UNTRUSTED],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['ERR_TLS_CERT_ALTNAME_INVALID', UNTRUSTED],
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['08', UNREACHABLE],
  // What a standby says until it has become the primary.
  ['25006', away('takes no writes at the moment')],
  ['28', refused('refuses the user or the password; want those of a user who may log in')],
  ['3D000', refused('is not there; want the name of a database that is')],
  ['3F000', refused('has no such schema; want a search_path of one that is there')],
  ['40001', busy('had another transaction in the way of this one')],
  ['40P01', busy('had another transaction in the way of this one')],
  ['42501', refused('may not be used so by this user; want one who owns its tables, or may create them')],
  ['53', away('is out of connections, memory or disk')],
  ['55P03', busy('is locked by another process that does not let go of it')],
  ['57014', away('took too long to answer')],
  ['57', away('is shutting down or starting')],
  ['58', away('cannot read or write its files')],
  ['XX001', refused('is damaged; want it restored from a backup')],
  ['XX002', refused('is damaged; want it restored from a backup')],
]);

/** `pg` has no codes for what it finds out itself; these are its words, and those of its pool. */
const SAYINGS: readonly (readonly [RegExp, Meaning])[] = [
  [/^Query read timeout/, away('took too long to answer')],
  [/^timeout e(xceeded|xpired)|connection timeout$/, away('gave no connection in time')],
  [/^Connection terminated|is not queryable$/, away('has closed the connection')],
  [/^The server does not support SSL connections/, refused('has no TLS; want sslmode=disable in the URL')],
  [/client password must be a/, refused('wants a password; want one in the URL or in PGPASSWORD')],
];

/**
 * What went wrong with the database `name`. What nobody but a programmer can put right is `misuse`. What is
 * `unavailable` or `overloaded` may succeed when it is done again, from the begin of its transaction.
 */
export function toPostgresError(cause: unknown, name: string): SluiceError {
  if (cause instanceof SluiceError) return cause;
  const { code, text } = meaningOf(cause);
  const why = cause instanceof Error ? cause.message || codeOf(cause) : String(cause);
  const message = text === '' ? `${name}: ${why}` : `${name} ${text} (${why})`;
  return new SluiceError(code, message, { cause, retryable: code === 'unavailable' || code === 'overloaded' });
}

/** Whether the connection it came from may be in the middle of something, or gone: it is not used again. */
export function endsConnection(error: SluiceError): boolean {
  return error.code === 'unavailable';
}

/** Whether it only says that the transaction has failed before. */
export function isAborted(cause: unknown): boolean {
  return codeOf(cause) === '25P02';
}

function meaningOf(cause: unknown): Meaning {
  const code = codeOf(cause);
  const known = MEANINGS.get(code) ?? MEANINGS.get(code.slice(0, 2));
  if (known) return known;
  const message = cause instanceof Error ? cause.message : '';
  return SAYINGS.find(([words]) => words.test(message))?.[1] ?? { code: 'misuse', text: '' };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
