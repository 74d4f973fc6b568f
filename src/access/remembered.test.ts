import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import { Remembered } from './remembered.ts';

type Row = { readonly name: string };

/** Never resolves. */
const SILENCE = new Promise<never>(() => {});

describe('what is remembered of the database', () => {
  let clock: FakeClock;
  let rows: Map<string, Row>;
  let asked: string[];
  let answer: () => Promise<void>;
  let remembered: Remembered<Row>;
  const look = async (id: string) => {
    asked.push(id);
    const row = rows.get(id);
    await answer();
    return row;
  };
  beforeEach(() => {
    clock = new FakeClock();
    rows = new Map([
      ['a', { name: 'A' }],
      ['b', { name: 'B' }],
    ]);
    asked = [];
    answer = async () => {};
    const bounds = { maxKnown: 3, maxMissing: 2, maxPending: 4 };
    remembered = new Remembered(look, { ttlMs: 1000, staleMs: 60_000, timeoutMs: 2000, clock, ...bounds });
  });
  const away = async () => {
    throw new SluiceError('unavailable', 'the database is away');
  };

  it('is asked for once, however many ask at once, and then known without a promise', async () => {
    const [one, other] = [remembered.find('a'), remembered.find('a')];
    assert.equal(one, other);
    assert.deepEqual(await one, { name: 'A' });
    await clock.advance(999);
    assert.deepEqual(remembered.find('a'), { name: 'A' });
    assert.deepEqual([asked, clock.alarmCount], [['a'], 0]);
  });

  it('is asked for again when it is a second old, counted from when it was asked for', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answer = () => promise;
    const slow = remembered.find('a');
    await clock.advance(600);
    resolve();
    await slow;
    rows.delete('a');
    await clock.advance(400);
    assert.equal(await remembered.find('a'), undefined);
    assert.ok(!remembered.knows('a'), 'what is gone is not known');
  });

  it('knows that something is missing for as long, and finds what came to be', async () => {
    assert.equal(await remembered.find('c'), undefined);
    assert.equal(remembered.find('c'), undefined);
    rows.set('c', { name: 'C' });
    await clock.advance(1000);
    assert.deepEqual(await remembered.find('c'), { name: 'C' });
    assert.deepEqual(asked, ['c', 'c']);
  });

  it('is not displaced by guesses', async () => {
    await remembered.find('a');
    for (let guess = 0; guess < 1000; guess += 1) await remembered.find(`guess-${guess}`);
    asked = [];
    assert.deepEqual(remembered.find('a'), { name: 'A' });
    assert.deepEqual(asked, []);
  });

  it('serves whom it knew while the database is away, for so long and no longer; nobody else', async () => {
    await remembered.find('a');
    answer = away;
    await clock.advance(30_000);
    assert.deepEqual(await remembered.find('a'), { name: 'A' });
    await assert.rejects(async () => remembered.find('b'), { code: 'unavailable', retryable: true });
    await clock.advance(30_001);
    assert.ok(!remembered.knows('a'));
    await assert.rejects(async () => remembered.find('a'), { code: 'unavailable' });
  });

  it('leaves a database alone for a second that has just failed', async () => {
    await remembered.find('a');
    answer = away;
    await clock.advance(1000);
    asked = [];
    for (let count = 0; count < 100; count += 1) assert.deepEqual(await remembered.find('a'), { name: 'A' });
    assert.deepEqual(asked, ['a']);
    answer = async () => {};
    await clock.advance(1000);
    assert.deepEqual(await remembered.find('b'), { name: 'B' });
  });

  it('takes a database that does not answer for one that is away', async () => {
    await remembered.find('a');
    answer = () => SILENCE;
    await clock.advance(1000);
    const known = remembered.find('a');
    const unknown = assert.rejects(async () => remembered.find('b'), { code: 'unavailable' });
    await clock.advance(2000);
    assert.deepEqual(await known, { name: 'A' });
    await unknown;
    assert.equal(clock.alarmCount, 0);
  });

  it('asks a bounded number of things at once', async () => {
    answer = () => SILENCE;
    const pending = ['c', 'd', 'e', 'f'].map((id) => assert.rejects(async () => remembered.find(id)));
    await assert.rejects(async () => remembered.find('g'), { code: 'unavailable' });
    await clock.advance(2000);
    await Promise.all(pending);
    assert.deepEqual(asked, ['c', 'd', 'e', 'f']);
  });

  it('does not call a bug an outage, and remembers no failure', async () => {
    answer = async () => {
      throw new SluiceError('misuse', 'a bug');
    };
    await assert.rejects(async () => remembered.find('a'), { code: 'misuse' });
    answer = async () => {
      throw new Error('who knows');
    };
    await clock.advance(1000);
    await assert.rejects(async () => remembered.find('a'), { code: 'unavailable' });
    answer = async () => {};
    await clock.advance(1000);
    assert.deepEqual(await remembered.find('a'), { name: 'A' });
  });
});
