import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Meter } from './meter.ts';

const START = { connection: 1, method: 'GET', bucket: 'b', key: 'k', range: undefined, ifMatch: undefined };
const WHOLE = { complete: true, closedBy: null, closedWith: null } as const;
const HUNG_UP = { complete: false, closedBy: 'peer', closedWith: 'rst' } as const;

function metered(meter: Meter, end: typeof WHOLE | typeof HUNG_UP): number {
  const id = meter.requestStarted(START);
  meter.headWritten(id, { status: 200, bodyBytes: 100 });
  meter.writeBegun(id, 60);
  meter.writeAccepted(id, 60);
  meter.writeBegun(id, 40);
  meter.requestEnded(id, end);
  return id;
}

describe('the meter', () => {
  it('tells of a request what left, what may have left, and how it ended', () => {
    const meter = new Meter();
    metered(meter, HUNG_UP);
    const [request] = meter.read().requests;
    const { startedAt, headAt = 0, endedAt = 0, ...rest } = request!;
    assert.deepEqual(rest, {
      ...START,
      ...HUNG_UP,
      id: 1,
      status: 200,
      bodyBytes: 100,
      bytesLeft: 60,
      bytesInWrite: 40,
    });
    assert.ok(startedAt <= headAt && headAt <= endedAt && Math.abs(endedAt - Date.now()) < 60_000);
  });

  it('sums up', () => {
    const meter = new Meter();
    metered(meter, WHOLE);
    metered(meter, HUNG_UP);
    assert.deepEqual(meter.read().totals, {
      requests: 2,
      complete: 1,
      closedByPeer: 1,
      closedByOrigin: 0,
      bodyBytes: 200,
      bytesLeft: 120,
    });
  });

  it('lets the first word on an end be the last', () => {
    const meter = new Meter();
    const id = metered(meter, HUNG_UP);
    meter.requestEnded(id, WHOLE);
    meter.writeAccepted(id, 40);
    assert.deepEqual([meter.read().totals.complete, meter.read().requests[0]!.bytesLeft], [0, 60]);
  });

  it('keeps the last ten thousand requests, and those under way, and goes on summing up', () => {
    const meter = new Meter();
    const underWay = meter.requestStarted(START);
    for (let count = 0; count < 10_050; count += 1) metered(meter, WHOLE);
    const { requests, totals } = meter.read();
    assert.equal(requests.length, 10_001);
    assert.deepEqual([requests[0]!.id, requests[1]!.id], [underWay, 52]);
    assert.equal(totals.requests, 10_051);
  });

  it('forgets, on request, all but what is under way', () => {
    const meter = new Meter();
    meter.connectionOpened();
    metered(meter, WHOLE);
    const underWay = meter.requestStarted(START);
    meter.reset();
    const { requests, totals, connections } = meter.read();
    assert.deepEqual(
      requests.map(({ id }) => id),
      [underWay],
    );
    assert.deepEqual([totals.requests, connections], [0, { open: 1, total: 0, peak: 1 }]);
    meter.requestEnded(underWay, WHOLE);
    assert.equal(meter.read().totals.complete, 1);
  });

  it('counts connections, as if those of the control interface had never been', () => {
    const meter = new Meter();
    meter.connectionOpened();
    const control = meter.connectionOpened();
    meter.connectionDisowned(control);
    assert.deepEqual(meter.connections, { open: 1, total: 1, peak: 1 });
    meter.connectionOpened();
    meter.connectionClosed();
    const again = meter.connectionOpened();
    meter.connectionDisowned(again);
    assert.deepEqual(meter.connections, { open: 1, total: 2, peak: 2 });
  });

  it('answers a watcher at once, or as soon as there is something to find', async () => {
    const meter = new Meter();
    metered(meter, WHOLE);
    assert.equal(await meter.until(({ totals }) => (totals.complete === 1 ? 'now' : undefined)), 'now');
    const later = meter.until(({ totals }) => (totals.complete === 2 ? 'later' : undefined));
    metered(meter, WHOLE);
    assert.equal(await later, 'later');
    const failing = meter.until(() => {
      throw new RangeError('of its own');
    });
    await assert.rejects(failing, RangeError);
  });
});
