// One request for an object on its way through the limits of whoever asks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SluiceError } from '../errors.ts';
import { GUARDED } from '../flow/http-trial.test-double.ts';
import type { Limits } from '../limits/limits.ts';
import { OBJECT_BYTES, startGateway } from './gateway-trial.test-double.ts';

describe('the data route, with limits', GUARDED, () => {
  const standing = { limit: 'transfers', quota: 2, left: 0, resetMs: 1_200 } as const;

  it('refuses who is at their limit, and enters nothing', async (t) => {
    const asked: string[] = [];
    const limits: Limits = {
      begin: (principal) => {
        asked.push(principal);
        return { kind: 'refusal', standing };
      },
    };
    const { connect, ledger } = await startGateway(t, { limits });
    const peer = await connect();
    peer.ask('/data/object');
    const { status, fields, content } = await peer.answer();
    assert.deepEqual([status, fields['retry-after']], [429, '2']);
    assert.match(fields['ratelimit-policy'] ?? '', /"transfers";q=2/);
    assert.match(String(content), /at your limit/);
    assert.deepEqual([asked, ledger.entries], [['anonymous'], []]);
  });

  it('paces a transfer, tells where it stands, and ends its permit once', async (t) => {
    const taken: number[] = [];
    let ended = 0;
    const pace = {
      take: async (bytes: number) => {
        taken.push(Math.min(bytes, 400));
        return taken.at(-1)!;
      },
    };
    const standings = [{ ...standing, left: 1 }];
    const limits: Limits = { begin: async () => ({ kind: 'permit', pace, standings, end: () => (ended += 1) }) };
    const { connect, nextEntry } = await startGateway(t, { limits });
    const peer = await connect();
    peer.ask('/data/object');
    const { fields, content } = await peer.answer();
    assert.ok(content.equals(OBJECT_BYTES));
    assert.match(fields['ratelimit'] ?? '', /"transfers";r=1/);
    assert.equal((await nextEntry()).outcome, 'complete');
    assert.deepEqual([taken, ended], [[400, 400, 200], 1]);
  });

  it('cuts a transfer short when nothing is left for it', async (t) => {
    let ended = 0;
    const takes = [500, 0];
    const take = async () => takes.shift() || Promise.reject(new SluiceError('limited', 'the day is over'));
    const limits: Limits = {
      begin: () => ({ kind: 'permit', pace: { take }, standings: [], end: () => (ended += 1) }),
    };
    const { connect, nextEntry, log } = await startGateway(t, { limits });
    const peer = await connect();
    peer.ask('/data/object');
    await peer.ended;
    const { outcome, error } = await nextEntry();
    assert.deepEqual([outcome, error, ended, log], ['cut-short', 'limited', 1, []]);
  });

  it('answers 503 when they cannot be found out', async (t) => {
    const begin = () => Promise.reject(new SluiceError('unavailable', 'SECRET'));
    const { connect, ledger } = await startGateway(t, { limits: { begin } });
    const peer = await connect();
    peer.ask('/data/object');
    assert.equal((await peer.answer()).status, 503);
    assert.deepEqual(ledger.entries, []);
  });
});
