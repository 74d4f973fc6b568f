// The control interface over a real socket.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import type { MeterReading } from './meter.ts';
import { startOrigin } from './origin.ts';
import type { Origin } from './origin.ts';
import { ask, CREDENTIALS, signedHeaders } from './test-client.ts';

const FAULT = { fault: { internalError: true } };

let origin: Origin;

before(async () => {
  origin = await startOrigin({ credentials: CREDENTIALS, buckets: { lab: { objects: [{ key: 'k', size: 1000 }] } } });
});

after(() => origin.close());

async function control(method: string, path: string, body?: string): Promise<{ status: number; value: unknown }> {
  const answered = await ask({ url: origin.url, method, path, ...(body !== undefined && { body }) });
  return { status: answered.status, value: JSON.parse(answered.body.toString()) };
}

async function askForObject(): Promise<number> {
  const asked = { url: origin.url, path: '/lab/k', headers: { range: 'bytes=0-9', 'if-match': '*' } };
  return (await ask({ ...asked, headers: await signedHeaders(asked) })).status;
}

describe('the control interface', () => {
  it('reads out and resets the meter, with no signature, and does not meter itself', async () => {
    await askForObject();
    await origin.meter.until(({ connections }) => (connections.open === 0 ? true : undefined));
    const { value } = await control('GET', '/-/meter');
    const { connections, totals, requests } = value as MeterReading;
    assert.deepEqual(connections, { open: 0, total: 1, peak: 1 });
    assert.deepEqual([totals.requests, totals.bytesLeft], [1, 10]);
    const [request] = requests;
    assert.deepEqual([request?.bucket, request?.key, request?.range, request?.ifMatch], ['lab', 'k', 'bytes=0-9', '*']);
    const reset = (await control('DELETE', '/-/meter')).value as MeterReading;
    assert.deepEqual([reset.totals.requests, reset.requests], [0, []]);
    assert.equal(origin.meterUrl, `${origin.url}/-/meter`);
  });

  it('sets, reads and removes the faults', async () => {
    const { status, value } = await control('PUT', '/-/faults', JSON.stringify([FAULT]));
    assert.deepEqual([status, value], [200, [{ ...FAULT, matched: 0, struck: 0 }]]);
    assert.equal(await askForObject(), 500);
    assert.deepEqual((await control('GET', '/-/faults')).value, [{ ...FAULT, matched: 1, struck: 1 }]);
    assert.deepEqual((await control('DELETE', '/-/faults')).value, []);
    assert.equal(await askForObject(), 206);
  });

  it('says what is wrong', async () => {
    const cases: readonly [string, string, string | undefined, number, RegExp][] = [
      ['PUT', '/-/faults', '{', 400, /not JSON/],
      ['PUT', '/-/faults', '[{"fault":{"reset":1}}]', 400, /rules\[0\]\.fault\.reset must be left out/],
      ['PUT', '/-/faults', `"${'x'.repeat(2 ** 20)}"`, 400, /longer than 1048576 bytes/],
      ['POST', '/-/faults', '[]', 405, /GET, PUT, DELETE/],
      ['PUT', '/-/meter', '[]', 405, /GET, DELETE/],
      ['GET', '/-/other', undefined, 404, /\/-\/meter/],
    ];
    for (const [method, path, body, status, message] of cases) {
      const answered = await control(method, path, body);
      assert.equal(answered.status, status);
      assert.match(JSON.stringify(answered.value), message);
    }
  });
});
