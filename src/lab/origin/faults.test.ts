import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Faults } from './faults.ts';

const SUBJECT = { method: 'GET', bucket: 'lab', key: 'a/b', range: undefined };

function setUp(...rules: readonly object[]): Faults {
  const faults = new Faults();
  faults.set(rules);
  return faults;
}

describe('the rules', () => {
  const fault = { internalError: true } as const;

  it('strike by method, bucket, key, prefix and range', () => {
    const cases: readonly [object, boolean][] = [
      [{}, true],
      [{ method: 'GET', bucket: 'lab', key: 'a/b', keyPrefix: 'a/', ranged: false }, true],
      [{ method: 'HEAD' }, false],
      [{ bucket: 'other' }, false],
      [{ key: 'a' }, false],
      [{ keyPrefix: 'b' }, false],
      [{ ranged: true }, false],
    ];
    for (const [match, expected] of cases) {
      assert.equal(setUp({ match, fault }).strike(SUBJECT) !== undefined, expected, JSON.stringify(match));
    }
    assert.deepEqual(setUp({ match: { ranged: true }, fault }).strike({ ...SUBJECT, range: 'bytes=0-' }), fault);
    assert.equal(setUp({ match: { keyPrefix: '' }, fault }).strike({ ...SUBJECT, key: undefined }), undefined);
  });

  it('strike so many times, or only at the nth', () => {
    const strikes = (rule: object): readonly boolean[] => {
      const faults = setUp(rule);
      return Array.from({ length: 4 }, () => faults.strike(SUBJECT) !== undefined);
    };
    assert.deepEqual(strikes({ fault, times: 2 }), [true, true, false, false]);
    assert.deepEqual(strikes({ fault, match: { nth: 3 } }), [false, false, true, false]);
  });

  it('come in order: the first that strikes, strikes alone', () => {
    const faults = setUp({ times: 1, fault }, { fault: { neverAnswer: true } });
    assert.deepEqual([faults.strike(SUBJECT), faults.strike(SUBJECT)], [fault, { neverAnswer: true }]);
    assert.deepEqual(
      faults.read().map(({ matched, struck }) => ({ matched, struck })),
      [
        { matched: 2, struck: 1 },
        { matched: 1, struck: 1 },
      ],
    );
  });

  it('draw the same for the same seed, and as often as is probable', () => {
    const draws = (seed: number): string => {
      const faults = setUp({ fault, probability: 0.3, seed });
      return Array.from({ length: 1000 }, () => (faults.strike(SUBJECT) ? 'x' : '.')).join('');
    };
    assert.equal(draws(1), draws(1));
    assert.notEqual(draws(1), draws(2));
    const struck = draws(3).replaceAll('.', '').length;
    assert.ok(struck > 230 && struck < 370, `${struck}`);
    assert.equal(setUp({ fault, probability: 0 }).strike(SUBJECT), undefined);
  });

  it('are refused by name when they make no sense, and the old ones stay', () => {
    const faults = setUp({ fault });
    const cases: readonly [unknown, RegExp][] = [
      [{}, /^rules must be a list/],
      [[1], /^rules\[0\] must be an object; it is 1$/],
      [[{}], /^rules\[0\]\.fault must be there; it is missing$/],
      [[{ fault: {} }], /^rules\[0\]\.fault must be one or more of resetAfterBytes/],
      [[{ fault }, { fault: { resetAfterByte: 1 } }], /^rules\[1\]\.fault\.resetAfterByte must be left out/],
      [[{ fault: { resetAfterBytes: -1 } }], /fault\.resetAfterBytes must be a whole number, 0 or more; it is -1$/],
      [[{ fault: { resetAfterBytes: '1' } }], /it is "1"$/],
      [[{ fault: { neverAnswer: false } }], /fault\.neverAnswer must be true, or left out/],
      [[{ fault: { rateBytesPerSecond: 0 } }], /fault\.rateBytesPerSecond must be a whole number, 1 or more/],
      [[{ fault: { headDelayMs: 1e12 } }], /fault\.headDelayMs must be milliseconds/],
      [[{ fault: { slowDown: { retryAfterSeconds: 1.5 } } }], /slowDown\.retryAfterSeconds must be a whole number/],
      [[{ fault: { stallAfterBytes: 1, resetAfterBytes: 1 } }], /must be at most one of resetAfterBytes, stallAfter/],
      [[{ fault: { slowDown: {}, neverAnswer: true } }], /must be at most one of slowDown/],
      [[{ fault, times: 0 }], /^rules\[0\]\.times must be/],
      [[{ fault, probability: 2 }], /^rules\[0\]\.probability must be a number from 0 to 1; it is 2$/],
      [[{ fault, match: { key: 1 } }], /^rules\[0\]\.match\.key must be a text/],
      [[{ fault, match: { ranged: 'yes' } }], /^rules\[0\]\.match\.ranged must be true or false/],
      [[{ fault, match: { nth: 0 } }], /^rules\[0\]\.match\.nth must be/],
    ];
    for (const [rules, message] of cases) {
      assert.throws(() => faults.set(rules), { code: 'bad-input', message }, JSON.stringify(rules));
    }
    assert.deepEqual(faults.strike(SUBJECT), fault);
  });
});
