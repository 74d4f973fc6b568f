import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { endsConnection, toPostgresError } from './postgres-errors.ts';

const NAME = 'the database sluice at db:5432';

const coded = (code: string, message = 'why'): Error => Object.assign(new Error(message), { code });

const ROWS: readonly (readonly [cause: unknown, code: ErrorCode, text: RegExp])[] = [
  [coded('ECONNREFUSED', 'connect ECONNREFUSED ::1:5432'), 'unavailable', /cannot be reached \(connect ECONNREFUSED/],
  // As Node.js says that no address of a host answered.
  [
    Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }),
    'unavailable',
    /cannot be reached \(ECONNREFUSED\)/,
  ],
  [coded('ECONNRESET'), 'unavailable', /cannot be reached/],
  [coded('ENOTFOUND'), 'unavailable', /cannot be reached/],
  [coded('ENOENT'), 'unavailable', /cannot be reached/],
  [coded('08006'), 'unavailable', /cannot be reached/],
  [coded('57P01'), 'unavailable', /is shutting down or starting/],
  [coded('57P03'), 'unavailable', /is shutting down or starting/],
  [coded('57014'), 'unavailable', /took too long/],
  [coded('53300'), 'unavailable', /out of connections/],
  [coded('53100'), 'unavailable', /out of connections, memory or disk/],
  [coded('25006'), 'unavailable', /takes no writes/],
  [coded('58030'), 'unavailable', /cannot read or write its files/],
  [new Error('Query read timeout'), 'unavailable', /took too long/],
  [new Error('timeout exceeded when trying to connect'), 'unavailable', /gave no connection in time/],
  [new Error('timeout expired'), 'unavailable', /gave no connection in time/],
  [new Error('Connection terminated due to connection timeout'), 'unavailable', /gave no connection in time/],
  [new Error('Connection terminated unexpectedly'), 'unavailable', /has closed the connection/],
  [
    new Error('Client has encountered a connection error and is not queryable'),
    'unavailable',
    /has closed the connection/,
  ],
  [coded('40001'), 'overloaded', /another transaction/],
  [coded('40P01'), 'overloaded', /another transaction/],
  [coded('55P03'), 'overloaded', /is locked/],
  [coded('28P01'), 'bad-input', /refuses the user or the password; want/],
  [coded('28000'), 'bad-input', /refuses the user or the password; want/],
  [coded('3D000'), 'bad-input', /is not there; want/],
  [coded('42501'), 'bad-input', /may not be used so by this user; want/],
  [coded('EACCES'), 'bad-input', /socket this user may not use; want/],
  [coded('SELF_SIGNED_CERT_IN_CHAIN'), 'bad-input', /certificate that is not trusted; want/],
  [new Error('The server does not support SSL connections'), 'bad-input', /has no TLS; want/],
  [
    new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
    'bad-input',
    /wants a password; want/,
  ],
  [coded('23505', 'duplicate key'), 'misuse', /: duplicate key$/],
  [coded('42P01', 'no such table'), 'misuse', /: no such table$/],
  [new TypeError('a bug'), 'misuse', /: a bug$/],
  ['not even an error', 'misuse', /: not even an error$/],
];

describe('toPostgresError()', () => {
  it('says what is wrong, what would be right, and whether to try again', () => {
    for (const [cause, code, text] of ROWS) {
      const error = toPostgresError(cause, NAME);
      assert.equal(error.code, code, String(cause));
      assert.ok(error.message.startsWith(NAME), error.message);
      assert.match(error.message, text);
      assert.equal(error.cause, cause);
      assert.equal(error.retryable, code === 'unavailable' || code === 'overloaded', String(cause));
    }
  });

  it('leaves an error of ours as it is', () => {
    const error = new SluiceError('misuse', 'ours');
    assert.equal(toPostgresError(error, NAME), error);
  });
});

describe('endsConnection()', () => {
  it('is so where it is in doubt what the server does', () => {
    assert.equal(endsConnection(toPostgresError(new Error('Query read timeout'), NAME)), true);
    assert.equal(endsConnection(toPostgresError(coded('40001'), NAME)), false);
    assert.equal(endsConnection(toPostgresError(coded('23505'), NAME)), false);
  });
});
