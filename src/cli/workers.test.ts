import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SluiceError } from '../errors.ts';
import { MAX_YOUNG_DEATHS, YOUNG_MS } from './workers-deaths.ts';
import { listenAll, playWorkers } from './workers-trial.test-double.ts';
import type { WorkersTrial } from './workers-trial.test-double.ts';

/** Ends all that still run, in order. */
async function endAll({ workers, over }: WorkersTrial): Promise<void> {
  for (const worker of workers) await worker.end({ code: 0 });
  await over;
}

describe('runWorkers: the beginning', { timeout: 10_000 }, () => {
  it('starts the first alone, and the others at the port that it has got', async (t) => {
    const trial = playWorkers(t);
    const { workers, ready, stop } = trial;
    assert.deepEqual(
      workers.map(({ index, port }) => [index, port]),
      [[0, 0]],
    );
    await workers[0]!.listen();
    assert.deepEqual(
      workers.map(({ index, port }) => [index, port]),
      [
        [0, 0],
        [1, 4711],
        [2, 4711],
      ],
    );
    await workers[2]!.listen();
    assert.deepEqual(ready, [], 'not before all listen');
    await workers[1]!.listen();
    assert.deepEqual(ready, [{ url: 'http://127.0.0.1:4711', pids: [100, 101, 102] }]);
    await stop();
    await endAll(trial);
  });

  it('keeps a port that was chosen', async (t) => {
    const trial = playWorkers(t, { port: 80, count: 2 });
    await listenAll(trial);
    assert.deepEqual(
      trial.workers.map(({ port }) => port),
      [80, 80],
    );
    await trial.stop();
    await endAll(trial);
  });

  it('fails as the first one does, and starts no other', async (t) => {
    const { workers, over, ready } = playWorkers(t);
    const failure = new SluiceError('bad-config', 'no such database');
    await workers[0]!.end({ failure, code: 1 });
    await assert.rejects(over, failure);
    assert.deepEqual([workers.length, ready], [1, []]);
  });

  it('fails as any of them does, and leaves none behind', async (t) => {
    const { workers, over, ready } = playWorkers(t);
    await workers[0]!.listen();
    await workers[1]!.listen();
    const failure = new SluiceError('unavailable', 'the database is away');
    await workers[2]!.end({ failure, code: 1 });
    await assert.rejects(over, failure);
    assert.deepEqual(
      workers.slice(0, 2).map(({ asked }) => asked[0]),
      ['kill', 'kill'],
    );
    assert.deepEqual(ready, []);
  });

  it('stops those that it has started when it is asked to while they begin', async (t) => {
    const trial = playWorkers(t);
    await trial.stop();
    await trial.workers[0]!.listen();
    assert.deepEqual([trial.workers.length, trial.workers[0]!.asked], [1, ['stop']]);
    await endAll(trial);
    assert.deepEqual(trial.ready, []);
  });
});

describe('runWorkers: deaths', { timeout: 10_000 }, () => {
  it('replaces one that dies at once, under its index and at its port', async (t) => {
    const trial = playWorkers(t);
    const { workers, logged, clock, stop } = trial;
    await listenAll(trial);
    await clock.advance(YOUNG_MS);
    await workers[1]!.end({ signal: 'SIGKILL' });
    await clock.advance(0);
    assert.equal(workers.length, 4);
    const { index, port, pid } = workers[3]!;
    assert.deepEqual([index, port], [1, 4711]);
    await workers[3]!.listen();
    assert.deepEqual(logged, [
      { message: 'a worker died', worker: 1, pid: 101, code: null, signal: 'SIGKILL', err: undefined, waitMs: 0 },
      { message: 'a worker was replaced', worker: 1, pid },
    ]);
    assert.deepEqual(workers[0]!.asked, [], 'nobody else notices');
    await stop();
    await endAll(trial);
  });

  it('waits longer each time that one dies young, and then stops all with what it died of', async (t) => {
    const trial = playWorkers(t, { count: 2 });
    const { workers, logged, clock, over } = trial;
    await listenAll(trial);
    for (let deaths = 0; deaths < MAX_YOUNG_DEATHS; deaths += 1) {
      const before = workers.length;
      await workers.at(-1)!.listen();
      await workers.at(-1)!.end({ signal: 'SIGSEGV' });
      const waitMs = logged.at(-1)!.waitMs!;
      await clock.advance(waitMs / 2);
      assert.equal(workers.length, waitMs === 0 ? before + 1 : before);
      await clock.advance(waitMs / 2);
      assert.equal(workers.length, before + 1);
    }
    const waits = logged.filter(({ message }) => message === 'a worker died').map(({ waitMs }) => waitMs);
    assert.deepEqual(waits, [0, 250, 500, 1_000, 2_000, 4_000, 8_000, 8_000]);
    await workers.at(-1)!.listen();
    await workers.at(-1)!.end({ signal: 'SIGSEGV' });
    assert.deepEqual(workers[0]!.asked, ['stop'], 'the others may finish what is under way');
    await workers[0]!.end({ code: 0 });
    await assert.rejects(over, /worker 1 dies again and again; the last time it ended with SIGSEGV/);
  });

  it('goes on trying while what a replacement needs is away', async (t) => {
    const trial = playWorkers(t, { count: 2 });
    const { workers, logged, clock, stop } = trial;
    await listenAll(trial);
    await workers[1]!.end({ code: 1 });
    await clock.advance(0);
    const failure = new SluiceError('unavailable', 'the database is away');
    for (let deaths = 0; deaths < 3 * MAX_YOUNG_DEATHS; deaths += 1) {
      await workers.at(-1)!.end({ failure, code: 1 });
      await clock.advance(logged.at(-1)!.waitMs!);
    }
    assert.deepEqual(workers[0]!.asked, []);
    await workers.at(-1)!.listen();
    assert.equal(logged.at(-1)?.message, 'a worker was replaced');
    await stop();
    await endAll(trial);
  });

  it('replaces nobody once it is asked to stop', async (t) => {
    const trial = playWorkers(t, { count: 2 });
    const { workers, stop, clock } = trial;
    await listenAll(trial);
    await workers[1]!.end({ signal: 'SIGKILL' });
    await clock.advance(0);
    await workers[2]!.listen();
    await workers[2]!.end({ signal: 'SIGKILL' });
    await stop();
    await clock.advance(500);
    assert.equal(workers.length, 3);
    await endAll(trial);
  });
});

describe('runWorkers: the end', { timeout: 10_000 }, () => {
  it('asks all to stop, and waits until they have', async (t) => {
    const trial = playWorkers(t);
    const { workers, stop, over, clock } = trial;
    await listenAll(trial);
    await stop();
    assert.deepEqual(
      workers.map(({ asked }) => asked),
      [['stop'], ['stop'], ['stop']],
    );
    let isOver = false;
    void over.then(() => (isOver = true));
    await workers[0]!.end({ code: 0 });
    await workers[1]!.end({ code: 0 });
    await clock.advance(999);
    assert.equal(isOver, false);
    await workers[2]!.end({ code: 0 });
    await over;
    assert.ok(workers.every(({ asked }) => asked.length === 1));
  });

  it('kills one that does not stop in time, and says so', async (t) => {
    const trial = playWorkers(t);
    const { workers, stop, over, clock } = trial;
    await listenAll(trial);
    await stop();
    await workers[0]!.end({ code: 0 });
    await workers[1]!.end({ code: 0 });
    await clock.advance(1_000);
    assert.deepEqual(workers[2]!.asked, ['stop', 'kill']);
    await assert.rejects(over, { message: 'worker 2 ended with SIGKILL instead of in order' });
  });
});
