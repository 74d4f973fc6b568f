import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';

/** A command that, asked to stop, ends in the way its first argument says. */
const COMMAND = `
  import { once } from 'node:events';
  import { interruptible } from ${JSON.stringify(import.meta.resolve('./interrupt.ts'))};
  import { reportFailure } from ${JSON.stringify(import.meta.resolve('./failure.ts'))};
  const alive = setInterval(() => {}, 1_000);
  async function askAgain() {
    const asked = once(process, 'SIGINT');
    process.kill(process.pid, 'SIGINT');
    await asked;
  }
  try {
    await interruptible(async (signal) => {
      process.stdout.write('ready');
      if (!signal.aborted) await once(signal, 'abort');
      const wish = process.argv[1];
      if (wish === 'fail') throw new Error('in the middle');
      if (wish === 'at once' || wish === 'later') {
        const now = performance.now();
        performance.now = () => now + (wish === 'later' ? 2_000 : 0);
        await askAgain();
        process.stdout.write('went on');
      }
    });
  } catch (error) {
    process.exitCode = reportFailure(error, { environment: {}, stderr: process.stderr });
  }
  clearInterval(alive);
`;

async function run(wish: string, signal: NodeJS.Signals) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', COMMAND, wish], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.once('data', () => child.kill(signal));
  const [out, err, [code]] = await Promise.all([child.stdout.toArray(), child.stderr.toArray(), once(child, 'close')]);
  return { code: code as number | null, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

describe('interruptible', () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    it(`lets a command end well after ${signal}`, async () => {
      assert.deepEqual(await run('end', signal), { code: 0, out: 'ready', err: '' });
    });

    it(`tells of ${signal} when the command could not end well`, async () => {
      assert.deepEqual(await run('fail', signal), { code: 130, out: 'ready', err: `sluice: stopped by ${signal}\n` });
    });
  }

  it('takes a second signal at once for the same wish', async () => {
    assert.deepEqual(await run('at once', 'SIGINT'), { code: 0, out: 'readywent on', err: '' });
  });

  it('ends without waiting when it is asked a second time later', async () => {
    assert.deepEqual(await run('later', 'SIGTERM'), { code: 130, out: 'ready', err: '' });
  });
});
