import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { GUARDED, HttpTrial } from '../flow/http-trial.test-double.ts';
import { respondAnswer, respondProblem } from './respond.ts';

const PROBLEM = { type: 'about:blank', title: 'There is no such object', status: 404 };

describe('respondProblem()', GUARDED, () => {
  it('sends the problem as JSON, with the fields given, and keeps the connection', async (t) => {
    const trial = await HttpTrial.start(t, (_request, response) => respondProblem(response, PROBLEM, { 'x-a': 'b' }));
    const peer = await trial.connect();
    for (const _ of [1, 2]) {
      peer.ask();
      const { status, fields, content } = await peer.answer();
      assert.equal(status, 404);
      assert.deepEqual(JSON.parse(String(content)), PROBLEM);
      assert.equal(fields['content-type'], 'application/problem+json');
      assert.equal(fields['cache-control'], 'no-store');
      assert.equal(fields['x-a'], 'b');
    }
  });

  it('answers HEAD with the same fields and no content', async (t) => {
    const trial = await HttpTrial.start(t, (_request, response) => respondProblem(response, PROBLEM));
    const peer = await trial.connect();
    peer.ask();
    const { date: _, ...forGet } = (await peer.answer()).fields;
    peer.ask('/', { method: 'HEAD' });
    const { date: __, ...forHead } = (await peer.answer({ hasContent: false })).fields;
    assert.deepEqual(forHead, forGet);
    peer.ask();
    assert.equal((await peer.answer()).status, 404, 'nothing of a content stood in between');
  });

  it('lets none of its own fields be replaced', async (t) => {
    const fields = { 'content-type': 'text/html', 'content-length': '1' };
    const trial = await HttpTrial.start(t, (_request, response) => respondProblem(response, PROBLEM, fields));
    const peer = await trial.connect();
    peer.ask();
    const answer = await peer.answer();
    assert.equal(answer.fields['content-type'], 'application/problem+json');
    assert.deepEqual(JSON.parse(String(answer.content)), PROBLEM);
  });

  it('cuts the connection when a head has left already', async (t) => {
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    peer.ask();
    const { response } = await trial.nextRequest();
    const closed = once(response, 'close');
    response.writeHead(200, { 'content-length': '10' });
    response.write('half');
    await peer.untilReceived(4);
    respondProblem(response, PROBLEM);
    await Promise.all([closed, peer.ended]);
    assert.match(String(peer.received), /\r\n\r\nhalf$/);
  });
});

describe('respondAnswer()', GUARDED, () => {
  it('says when to come back, and only when there is something to say', async (t) => {
    const trial = await HttpTrial.start(t);
    const peer = await trial.connect();
    for (const [retryAfterSeconds, expected] of [
      [undefined, undefined],
      [0, '0'],
      [7, '7'],
    ] as const) {
      peer.ask();
      const { response } = await trial.nextRequest();
      const answer = retryAfterSeconds === undefined ? { problem: PROBLEM } : { problem: PROBLEM, retryAfterSeconds };
      respondAnswer({ response, fields: { 'x-own': 'own' } }, answer);
      const { fields } = await peer.answer();
      assert.deepEqual([fields['retry-after'], fields['x-own']], [expected, 'own']);
    }
  });
});
