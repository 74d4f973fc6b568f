import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Transfers } from './transfers.ts';

const NEVER_MS = 600_000;

/** A transfer that ends as soon as it is cut short, like those of a client. */
function cuttable(transfers: Transfers) {
  const transfer = {
    isCut: false,
    cutShort() {
      transfer.isCut = true;
      transfers.end(transfer);
    },
  };
  return transfer;
}

describe('Transfers', () => {
  it('counts those under way, each once', () => {
    const transfers = new Transfers({ max: 10 });
    const [one, two] = [cuttable(transfers), cuttable(transfers)];
    transfers.begin(one);
    transfers.begin(two);
    assert.equal(transfers.count, 2);
    transfers.end(one);
    transfers.end(one);
    assert.equal(transfers.count, 1);
    transfers.end(two);
    assert.equal(transfers.count, 0);
  });

  it('lets nobody in beyond the limit, until one has ended', () => {
    const transfers = new Transfers({ max: 1 });
    const [one, two] = [cuttable(transfers), cuttable(transfers)];
    transfers.begin(one);
    assert.throws(() => transfers.begin(two), { code: 'overloaded' });
    transfers.end(two);
    assert.equal(transfers.count, 1, 'one that never began takes no place away');
    transfers.end(one);
    transfers.begin(two);
    assert.equal(transfers.count, 1);
  });

  it('drains at once when nothing is under way, and lets nobody in any more', async () => {
    const transfers = new Transfers({ max: 1 });
    await transfers.drain(NEVER_MS);
    assert.throws(() => transfers.begin(cuttable(transfers)), { code: 'closed' });
  });

  it('waits for those under way, and cuts none of them short that ends in time', async () => {
    const transfers = new Transfers({ max: 2 });
    const [one, two] = [cuttable(transfers), cuttable(transfers)];
    transfers.begin(one);
    transfers.begin(two);
    let isDrained = false;
    const drained = transfers.drain(NEVER_MS).then(() => (isDrained = true));
    transfers.end(one);
    await new Promise(setImmediate);
    assert.equal(isDrained, false);
    transfers.end(two);
    await drained;
    assert.deepEqual([one.isCut, two.isCut], [false, false]);
  });

  it('cuts short what is left when the time is over', async () => {
    const transfers = new Transfers({ max: 2 });
    const [one, two] = [cuttable(transfers), cuttable(transfers)];
    transfers.begin(one);
    transfers.begin(two);
    await transfers.drain(1);
    assert.deepEqual([one.isCut, two.isCut, transfers.count], [true, true, 0]);
  });

  it('tells of each that ends while it drains, and of none before', async () => {
    const transfers = new Transfers({ max: 3 });
    const [one, two, three] = [cuttable(transfers), cuttable(transfers), cuttable(transfers)];
    for (const transfer of [one, two, three]) transfers.begin(transfer);
    transfers.end(one);
    const left: number[] = [];
    const drained = transfers.drain(NEVER_MS, () => left.push(transfers.count));
    transfers.end(two);
    transfers.end(two);
    assert.deepEqual(left, [1]);
    transfers.end(three);
    await drained;
    assert.deepEqual(left, [1, 0]);
  });

  it('can be asked to drain by several at once', async () => {
    const transfers = new Transfers({ max: 1 });
    const one = cuttable(transfers);
    transfers.begin(one);
    const both = Promise.all([transfers.drain(NEVER_MS), transfers.drain(1)]);
    await both;
    assert.equal(one.isCut, true);
  });
});
