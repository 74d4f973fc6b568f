import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Faults } from './faults.ts';

const SUBJECT = { method: 'GET', bucket: 'lab', key: 'a/b', range: undefined };
const CONNECTION = {};

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
      assert.equal(setUp({ match, fault }).strike(SUBJECT, CONNECTION) !== undefined, expected, JSON.stringify(match));
    }
    assert.deepEqual(
      setUp({ match: { ranged: true }, fault }).strike({ ...SUBJECT, range: 'bytes=0-' }, CONNECTION),
      fault,
    );
    assert.equal(
      setUp({ match: { keyPrefix: '' }, fault }).strike({ ...SUBJECT, key: undefined }, CONNECTION),
      undefined,
    );
  });

  it('strike so many times, or only at the nth', () => {
    const strikes = (rule: object): readonly boolean[] => {
      const faults = setUp(rule);
      return Array.from({ length: 4 }, () => faults.strike(SUBJECT, CONNECTION) !== undefined);
    };
    assert.deepEqual(strikes({ fault, times: 2 }), [true, true, false, false]);
    assert.deepEqual(strikes({ fault, match: { nth: 3 } }), [false, false, true, false]);
  });

  it('come in order: the first that strikes, strikes alone', () => {
    const faults = setUp({ times: 1, fault }, { fault: { neverAnswer: true } });
    assert.deepEqual(
      [faults.strike(SUBJECT, CONNECTION), faults.strike(SUBJECT, CONNECTION)],
      [fault, { neverAnswer: true }],
    );
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
      return Array.from({ length: 1000 }, () => (faults.strike(SUBJECT, CONNECTION) ? 'x' : '.')).join('');
    };
    assert.equal(draws(1), draws(1));
    assert.notEqual(draws(1), draws(2));
    const struck = draws(3).replaceAll('.', '').length;
    assert.ok(struck > 230 && struck < 370, `${struck}`);
    assert.equal(setUp({ fault, probability: 0 }).strike(SUBJECT, CONNECTION), undefined);
  });

  it('draw how many bytes each time they strike, from their bounds, the same for the same seed', () => {
    const draws = (seed: number): readonly unknown[] => {
      const faults = setUp({ fault: { resetAfterBytes: { from: 10, to: 12 } }, seed });
      return Array.from({ length: 200 }, () => faults.strike(SUBJECT, CONNECTION)?.resetAfterBytes);
    };
    assert.deepEqual(new Set(draws(1)), new Set([10, 11, 12]));
    assert.deepEqual(draws(1), draws(1));
    assert.notDeepEqual(draws(1), draws(2));
    for (const name of ['stallAfterBytes', 'truncateAfterBytes'] as const) {
      const fault = { [name]: { from: 7, to: 7 }, rateBytesPerSecond: 5 };
      assert.deepEqual(setUp({ fault }).strike(SUBJECT, CONNECTION), { [name]: 7, rateBytesPerSecond: 5 });
    }
  });

  it('draw once for a connection where the connection is what they count', () => {
    const rule = { fault: { resetConnectionAfterBytes: { from: 0, to: 2 ** 40 } } };
    const faults = setUp(rule);
    const draw = (connection: object) => faults.strike(SUBJECT, connection)?.resetConnectionAfterBytes;
    const other = {};
    const [first, second] = [draw(CONNECTION), draw(other)];
    assert.notEqual(first, second);
    assert.deepEqual([draw(CONNECTION), draw(other)], [first, second]);
    faults.set([{ ...rule, seed: 2 }]);
    assert.notEqual(draw(CONNECTION), first);
    assert.equal(
      setUp({ fault: { resetConnectionAfterBytes: 5 } }).strike(SUBJECT, other)?.resetConnectionAfterBytes,
      5,
    );
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
      [
        [{ fault: { stallAfterBytes: { from: 1 } } }],
        /stallAfterBytes must be { from, to }, from no more than to; it is/,
      ],
      [[{ fault: { resetAfterBytes: { from: 2, to: 1 } } }], /resetAfterBytes must be { from, to }, from no more than/],
      [[{ fault: { resetAfterBytes: { from: 1, to: 0.5 } } }], /resetAfterBytes\.to must be a whole number, 0 or more/],
      [[{ fault: { resetAfterBytes: { from: 1, to: 2, at: 3 } } }], /resetAfterBytes\.at must be left out/],
      [[{ fault: { truncateAfterBytes: null } }], /truncateAfterBytes must be an object; it is null$/],
      [[{ fault: { truncateAfterBytes: 1, resetConnectionAfterBytes: 1 } }], /must be at most one of/],
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
    assert.deepEqual(faults.strike(SUBJECT, CONNECTION), fault);
  });
});
