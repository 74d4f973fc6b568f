import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommanderError } from 'commander';
import { SluiceError } from '../errors.ts';
import { reportFailure } from './failure.ts';

describe('reportFailure', () => {
  function report(error: unknown, environment: Readonly<Record<string, string>> = {}) {
    let err = '';
    const stderr = { write: (text: string) => void (err += text) };
    return { code: reportFailure(error, { environment, stderr }), err };
  }

  it('gives 2 for what trying again does not help, 130 for a stop, and 1 for the rest', () => {
    assert.equal(report(new SluiceError('bad-config', 'x')).code, 2);
    assert.equal(report(new SluiceError('bad-input', 'x')).code, 2);
    assert.equal(report(new SluiceError('closed', 'x')).code, 130);
    assert.equal(report(new SluiceError('not-found', 'x')).code, 1);
    assert.equal(report(new TypeError('x')).code, 1);
    assert.equal(report('x').code, 1);
  });

  it('writes one line, and the lines of a configuration as they are', () => {
    assert.equal(report(new SluiceError('not-found', 'a\n b')).err, 'sluice: a; b\n');
    assert.equal(report(new SluiceError('bad-config', 'f:1: a\nf:2: b')).err, 'f:1: a\nf:2: b\n');
    assert.match(
      report(new TypeError('x\ny')).err,
      /^sluice: an unexpected failure: x; y \(with SLUICE_DEBUG=1 .*\)\n$/,
    );
  });

  it('shows where an error comes from only when SLUICE_DEBUG is set', () => {
    const error = new SluiceError('not-found', 'x', { cause: new Error('below') });
    assert.doesNotMatch(report(error).err, /failure\.test|below/);
    const { err } = report(error, { SLUICE_DEBUG: '1' });
    assert.match(err, /failure\.test/);
    assert.match(err, /below/);
  });

  it('leaves to commander what it has said by itself', () => {
    assert.deepEqual(report(new CommanderError(0, 'commander.version', 'x')), { code: 0, err: '' });
    assert.deepEqual(report(new CommanderError(1, 'commander.unknownOption', 'x')), { code: 2, err: '' });
  });
});
