import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parsePrefix, toNeighbour } from './address.ts';

describe('the neighbour of an address', () => {
  const table: readonly (readonly [string | undefined, string])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::ffff', '2001:db8:1:2::/64'],
    ['2001:0db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    [undefined, 'unknown'],
    ['', 'unknown'],
    ['proxy', 'unknown'],
  ];
  for (const [address, neighbour] of table) {
    it(`of ${address} is ${neighbour}`, () => assert.equal(toNeighbour(address), neighbour));
  }

  it('is the same for all that an IPv6 customer has, and for no other', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(groups, groups, groups, (network, one, other) => {
        const write = (...parts: number[]) => parts.map((part) => part.toString(16)).join(':');
        assert.equal(toNeighbour(write(...network, ...one)), toNeighbour(write(...network, ...other)));
        const isSame = write(...network) === write(...one);
        assert.equal(toNeighbour(write(...network, ...other)) === toNeighbour(write(...one, ...other)), isSame);
      }),
    );
  });
});

describe('a prefix of addresses', () => {
  const includes = (prefix: string, address: string | undefined) => parsePrefix(prefix)?.includes(address);

  it('includes what is within it', () => {
    assert.equal(includes('192.0.2.0/24', '192.0.2.255'), true);
    assert.equal(includes('192.0.2.0/24', '::ffff:192.0.2.255'), true);
    assert.equal(includes('192.0.2.7', '192.0.2.7'), true);
    assert.equal(includes('2001:db8::/32', '2001:db8:ffff::1'), true);
    assert.equal(includes('0.0.0.0/0', '203.0.113.9'), true);
  });

  it('includes nothing else', () => {
    assert.equal(includes('192.0.2.0/24', '192.0.3.0'), false);
    assert.equal(includes('192.0.2.7', '192.0.2.8'), false);
    assert.equal(includes('2001:db8::/32', '2001:db9::1'), false);
    assert.equal(includes('0.0.0.0/0', '2001:db8::1'), false);
    assert.equal(includes('0.0.0.0/0', undefined), false);
    assert.equal(includes('0.0.0.0/0', 'proxy'), false);
  });

  it('is nothing but an address with a length that it can have', () => {
    const wrong = ['', '/', '192.0.2.0/33', '192.0.2.0/', '192.0.2/24', '2001:db8::/129', 'a', '192.0.2.0/-1', '1/1'];
    for (const text of wrong) assert.equal(parsePrefix(text), undefined, text);
  });
});
