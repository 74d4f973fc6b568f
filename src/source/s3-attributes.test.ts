// The size of the parts, asked where the ETag leaves it open: of the embedded origin, which checks that the question is
// signed, and of stores that answer it in every wrong way.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { FakeClock, settle } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { startOrigin } from '../lab/origin/origin.ts';
import type { Origin } from '../lab/origin/origin.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { createPartSizeQuestion } from './s3-attributes.ts';
import { createS3Source } from './s3.ts';
import type { S3Source } from './s3.ts';
import type { Stat } from './source.ts';

const MIB = 1 << 20;
const DIGEST = '0123456789abcdef0123456789abcdef';
const OBJECT = { bucket: 'lab', key: 'k' };
const { signal } = new AbortController();

describe('stat() of createS3Source()', () => {
  const credentials = { accessKeyId: 'LABKEY', secretAccessKey: 'lab/secret+key' };
  let origin: Origin;
  let source: S3Source;
  beforeEach(async () => {
    origin = await startOrigin({ credentials, buckets: { lab: {} } });
    source = createS3Source({ endpoint: origin.url, region: 'us-east-1', credentials, slabs: new SlabPool() });
  });
  afterEach(async () => {
    source.close();
    await origin.close();
  });

  async function partBytesOf(partSizeBytes: number, size: number): Promise<number | undefined> {
    const { key } = origin.putObject('lab', { key: `${partSizeBytes} of ${size}`, size, partSizeBytes });
    return (await source.stat({ bucket: 'lab', key }, { signal })).partBytes;
  }
  const methods = () => origin.meter.read().requests.map(({ method }) => method);

  test('asks nothing more where the ETag leaves no doubt, or there are no parts', async () => {
    assert.equal(await partBytesOf(8 * MIB, 200 * MIB), 8 * MIB);
    assert.equal(await partBytesOf(8 * MIB, 1), undefined);
    origin.putObject('lab', { key: 'plain', size: 200 * MIB });
    assert.equal((await source.stat({ bucket: 'lab', key: 'plain' }, { signal })).partBytes, undefined);
    assert.deepEqual(methods(), ['HEAD', 'HEAD', 'HEAD']);
  });

  test('asks for the attributes where it does, once for each version', async () => {
    const odd = 7 * MIB + 1;
    assert.equal(await partBytesOf(odd, 2 * odd), odd);
    assert.equal(await partBytesOf(odd, 2 * odd), odd);
    assert.equal(await partBytesOf(odd, 3 * odd - 5), odd);
    assert.deepEqual(methods(), ['HEAD', 'GET', 'HEAD', 'HEAD', 'GET']);
  });

  test('tells the rest when the store refuses, and does not ask it a second time', async () => {
    origin.setFaults([{ match: { method: 'GET' }, fault: { internalError: true } }]);
    assert.equal(await partBytesOf(7 * MIB + 1, 20 * MIB), undefined);
    assert.equal(await partBytesOf(7 * MIB + 1, 21 * MIB), undefined);
    assert.deepEqual(methods(), ['HEAD', 'GET', 'HEAD']);
  });
});

describe('createPartSizeQuestion()', () => {
  const statOf = (count: number, size: number): Stat => ({ size, etag: `"${DIGEST}-${count}"` });
  const UNCLEAR = statOf(3, 20 * MIB);

  function answerOf(sizes: readonly (number | string)[]): string {
    const parts = sizes.map((size, index) => `<Part><PartNumber>${index + 1}</PartNumber><Size>${size}</Size></Part>`);
    return `<?xml version="1.0"?><GetObjectAttributesResponse><ObjectParts><PartsCount>3</PartsCount>${parts.join('')}</ObjectParts></GetObjectAttributesResponse>`;
  }

  /** A question whose answers are these, the last of them over and over. */
  function createQuestion(...answers: readonly (string | SluiceError)[]) {
    const clock = new FakeClock();
    const asked = { count: 0 };
    const complete = createPartSizeQuestion(async () => {
      const answer = answers[Math.min(asked.count, answers.length - 1)]!;
      asked.count += 1;
      if (typeof answer === 'string') return answer;
      throw answer;
    }, clock);
    const ask = async (stat = UNCLEAR) => (await complete(stat, { object: OBJECT, signal })).partBytes;
    return { ask, asked, clock };
  }

  const answers: readonly (readonly [what: string, sizes: readonly (number | string)[], expected?: number])[] = [
    ['two parts of one size', [7 * MIB, 7 * MIB], 7 * MIB],
    ['two parts of different sizes', [7 * MIB, 8 * MIB]],
    ['one part of three', [7 * MIB]],
    ['parts that would be more than the ETag says', [MIB, MIB]],
    ['parts without a number', ['x', 'x']],
    ['no parts, as for an object without checksums of its parts', []],
  ];
  for (const [what, sizes, expected] of answers) {
    test(`${what}: ${expected ?? 'not known'}, and the store is still asked for others`, async () => {
      const { ask, asked, clock } = createQuestion(answerOf(sizes));
      assert.deepEqual([await ask(), await ask(), asked.count], [expected, expected, 1]);
      await ask(statOf(3, 21 * MIB));
      assert.equal(asked.count, 2);
      assert.equal(clock.alarmCount, 0);
    });
  }

  test('of two parts the second is the rest, whatever its size', async () => {
    assert.equal(await createQuestion(answerOf([19 * MIB, MIB])).ask(statOf(2, 20 * MIB)), 19 * MIB);
    assert.equal(await createQuestion(answerOf([19 * MIB])).ask(statOf(2, 20 * MIB)), 19 * MIB);
  });

  for (const text of ['', 'garbage', '<Error><Code>x</Code></Error>', '{"a":1}', '<html></html>']) {
    test(`${JSON.stringify(text)} is no answer: the store is left alone for ten minutes`, async () => {
      const { ask, asked, clock } = createQuestion(text, answerOf([7 * MIB, 7 * MIB]));
      assert.equal(await ask(), undefined);
      await clock.advance(599_999);
      assert.deepEqual([await ask(), asked.count], [undefined, 1]);
      await clock.advance(1);
      assert.deepEqual([await ask(), asked.count], [7 * MIB, 2]);
    });
  }

  const failures: readonly (readonly [ErrorCode, string, askedAgain: boolean])[] = [
    ['origin-denied', '403', false],
    ['origin-invalid', '400 or 405', false],
    ['origin-failed', '501', false],
    ['origin-timeout', 'silence', false],
    ['not-found', '404', true],
    ['origin-busy', '503', true],
    ['origin-unreachable', 'a lost connection', true],
  ];
  for (const [code, what, askedAgain] of failures) {
    test(`${what} is not an error, and the store is ${askedAgain ? 'asked again' : 'left alone'}`, async () => {
      const { ask, asked } = createQuestion(new SluiceError(code, what), answerOf([7 * MIB, 7 * MIB]));
      assert.equal(await ask(), undefined);
      assert.deepEqual([await ask(), asked.count], askedAgain ? [7 * MIB, 2] : [undefined, 1]);
    });
  }

  test('a stat that needs nothing is given back as it is', async () => {
    const { ask, asked } = createQuestion(answerOf([7 * MIB, 7 * MIB]));
    assert.equal(await ask({ ...UNCLEAR, partBytes: 5 }), 5);
    assert.equal(await ask(statOf(1, 20 * MIB)), undefined);
    assert.equal(await ask({ size: 20 * MIB, etag: `"${DIGEST}"` }), undefined);
    assert.equal(asked.count, 0);
  });

  /** A store that never answers, and gives up as sources do. */
  const neverAnswering = (_object: unknown, asking: AbortSignal): Promise<string> =>
    new Promise((_resolve, reject) => {
      asking.addEventListener('abort', () => reject(new SluiceError('closed', 'given up')), { once: true });
    });

  test('a store that does not answer is waited for a second, and then left alone', async () => {
    const clock = new FakeClock();
    const complete = createPartSizeQuestion(neverAnswering, clock);
    const stat = complete(UNCLEAR, { object: OBJECT, signal });
    await clock.advance(1_000);
    assert.deepEqual(await stat, UNCLEAR);
    assert.deepEqual(await complete(UNCLEAR, { object: OBJECT, signal }), UNCLEAR);
    assert.equal(clock.alarmCount, 0);
  });

  test('who gives up is told so, and nothing is left', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const complete = createPartSizeQuestion(neverAnswering, clock);
    const stat = assert.rejects(complete(UNCLEAR, { object: OBJECT, signal: controller.signal }), { code: 'closed' });
    await settle();
    controller.abort();
    await stat;
    assert.equal(clock.alarmCount, 0);
  });
});
