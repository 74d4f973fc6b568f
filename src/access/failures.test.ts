import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { Failures } from './failures.ts';

const ADDRESS = '192.0.2.1';

describe('failures', () => {
  let clock: FakeClock;
  let failures: Failures;
  const addMany = (count: number, address: string = ADDRESS) => {
    for (let added = 0; added < count; added += 1) failures.add(address);
  };
  beforeEach(() => {
    clock = new FakeClock();
    const delays = { firstDelayMs: 1000, maxDelayMs: 8000 };
    failures = new Failures({ allowed: 5, windowMs: 100_000, ...delays, maxAddresses: 100, clock });
  });

  it('are free up to a number', () => {
    assert.equal(failures.waitMs(ADDRESS), 0);
    addMany(4);
    assert.equal(failures.waitMs(ADDRESS), 0);
    addMany(1);
    assert.equal(failures.waitMs(ADDRESS), 1000);
  });

  it('slow their address alone, for as long as they say', async () => {
    addMany(5);
    assert.equal(failures.waitMs('192.0.2.2'), 0);
    await clock.advance(600);
    assert.equal(failures.waitMs(ADDRESS), 400);
    await clock.advance(400);
    assert.equal(failures.waitMs(ADDRESS), 0);
  });

  it('make each wait longer than the one before, up to a bound', async () => {
    addMany(5);
    const waits: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      const waitMs = failures.waitMs(ADDRESS);
      waits.push(waitMs);
      await clock.advance(waitMs);
      failures.add(ADDRESS);
    }
    assert.deepEqual(
      waits,
      waits.toSorted((one, other) => one - other),
    );
    assert.equal(new Set(waits.slice(0, 3)).size, 3);
    assert.equal(waits.at(-1), 8000);
  });

  it('that were under way when their address was slowed make nothing worse', () => {
    addMany(64);
    assert.equal(failures.waitMs(ADDRESS), 1000);
  });

  it('are forgotten in time', async () => {
    addMany(4);
    await clock.advance(20_000);
    failures.add(ADDRESS);
    assert.equal(failures.waitMs(ADDRESS), 0, 'one was forgotten');
    await clock.advance(100_000);
    addMany(4);
    assert.equal(failures.waitMs(ADDRESS), 0, 'all were forgotten');
  });

  it('of somebody who fails now and then slow nobody', async () => {
    for (let count = 0; count < 100; count += 1) {
      failures.add(ADDRESS);
      assert.equal(failures.waitMs(ADDRESS), 0);
      await clock.advance(20_000);
    }
  });

  it('count for all of a /64, and for an IPv4 address however it is written', () => {
    for (let count = 0; count < 5; count += 1) failures.add(`2001:db8::${count.toString(16)}`);
    assert.equal(failures.waitMs('2001:db8::ffff:1'), 1000);
    assert.equal(failures.waitMs('2001:db8:0:1::1'), 0);
    addMany(5, `::ffff:${ADDRESS}`);
    assert.equal(failures.waitMs(ADDRESS), 1000);
    for (let count = 0; count < 5; count += 1) failures.add(undefined);
    assert.equal(failures.waitMs(undefined), 1000);
  });

  it('from a flood of addresses take bounded memory, and set no timer', () => {
    for (let count = 0; count < 10_000; count += 1) failures.add(`10.0.${count >> 8}.${count & 255}`);
    assert.equal(failures.size, 100);
    assert.equal(clock.alarmCount, 0);
  });
});
