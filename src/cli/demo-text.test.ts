import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeDemo, describeTransfer } from './demo-text.ts';

const READY = {
  gateway: 'http://127.0.0.1:8080',
  origin: 'http://127.0.0.1:40001',
  meter: 'http://127.0.0.1:40001/-/meter',
  pid: 4711,
};
const OBJECTS = [
  { id: 'small', size: 1024, sha256: 'aa' },
  { id: 'genome', size: 2 ** 30, sha256: 'bb'.repeat(32) },
  { id: 'big', size: 100 * 2 ** 30 },
];

describe('describeDemo()', () => {
  const text = describeDemo(READY, OBJECTS, 'linux');

  it('names every object with its size and its URL', () => {
    assert.match(text, /^ +1\.00 KiB +http:\/\/127\.0\.0\.1:8080\/data\/small$/m);
    assert.match(text, /^ +1\.00 GiB +http:\/\/127\.0\.0\.1:8080\/data\/genome$/m);
    assert.match(text, /^ +100 GiB +http:\/\/127\.0\.0\.1:8080\/data\/big$/m);
  });

  it('has a command for a whole download with its digest, a range, a hang-up with the memory, and the meter', () => {
    const commands = [...text.matchAll(/^ {2}((?:curl|ps) .*)$/gm)].map(([, command]) => command!);
    assert.deepEqual(commands, [
      'curl -s http://127.0.0.1:8080/data/genome | sha256sum',
      'curl -s -r 50000000000-50000000015 http://127.0.0.1:8080/data/big | od -A d -t x1',
      'ps -o rss= -p 4711; curl -s http://127.0.0.1:8080/data/big | head -c 10 | od -t x1; ps -o rss= -p 4711',
      'curl -s http://127.0.0.1:40001/-/meter',
    ]);
    assert.ok(text.includes('bb'.repeat(32)));
  });

  it('uses the tool that the machine has', () => {
    assert.match(describeDemo(READY, OBJECTS, 'darwin'), /genome \| shasum -a 256$/m);
  });
});

describe('describeTransfer()', () => {
  const entry = {
    level: 30,
    method: 'GET',
    id: 'big',
    status: 200,
    outcome: 'client-gone',
    deliveredBytes: 262_144,
    receivedBytes: 3_145_728,
    overReadBytes: 2_883_584,
    durationMs: 12,
    msg: 'transfer',
  };

  it('puts what became of a transfer on one line', () => {
    assert.equal(
      describeTransfer(JSON.stringify(entry)),
      'GET big: 200, client-gone · delivered 256 KiB · read from the store 3.00 MiB · over-read 2.75 MiB · 12 ms',
    );
  });

  it('says so when there was no answer', () => {
    const { status: _, ...unanswered } = entry;
    assert.match(describeTransfer(JSON.stringify(unanswered)) ?? '', /^GET big: no answer, client-gone /);
  });

  it('leaves other lines alone', () => {
    for (const line of ['', 'not JSON', '{"msg":"starting"}', '[]', '"transfer"']) {
      assert.equal(describeTransfer(line), undefined, line);
    }
  });

  it('leaves alone what is JSON and no line of a log', () => {
    for (const line of ['null', '17', 'true']) assert.equal(describeTransfer(line), undefined, line);
  });
});
