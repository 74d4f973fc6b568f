// What a user's terminal sees of `node:ffi`: nothing. Each test is a process of its own, started in its own way.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { openTcpFacts } from './tcp.ts';

const TCP = new URL('./tcp.ts', import.meta.url).href;

/** What it says of the facts on this system, in a process that is started in no special way. */
const USUAL = tell(openTcpFacts());

function tell(opened: ReturnType<typeof openTcpFacts>): string {
  return 'facts' in opened ? 'facts' : opened.reason;
}

type Ended = { readonly out: string; readonly err: string };

/** Runs a module that may call `open()` and `say()`. It must end well. */
function run(body: string, flags: readonly string[] = []): Promise<Ended> {
  const text = `
    import { writeSync } from 'node:fs';
    import { openTcpFacts } from '${TCP}';
    const say = (text) => writeSync(1, text + '\\n');
    const open = () => {
      const opened = openTcpFacts();
      return 'facts' in opened ? 'facts' : opened.reason;
    };
    ${body}`;
  return new Promise((resolve, reject) => {
    const args = [...flags, '--input-type=module', '--eval', text];
    execFile(process.execPath, args, (error, out, err) => (error ? reject(error) : resolve({ out, err })));
  });
}

describe('loading node:ffi', { timeout: 60_000 }, () => {
  it('shows nothing on the terminal', async () => {
    assert.deepEqual(await run('say(open()); say(open());'), { out: `${USUAL}\n${USUAL}\n`, err: '' });
  });

  it('tells no listener, and leaves every listener and every other warning as they were', async () => {
    const { out, err } = await run(`
      const { emitWarning } = process;
      const listener = ({ name, message }) => say(name + ': ' + message);
      process.on('warning', listener);
      const before = process.listeners('warning');
      process.emitWarning('from before', 'ExperimentalWarning');
      open();
      say(process.emitWarning === emitWarning);
      say(process.listeners('warning').every((each, index) => each === before[index]));
      process.emitWarning('FFI is an experimental feature, says somebody else', 'ExperimentalWarning');
      process.emitWarning('from after');
    `);
    const warnings = [
      'ExperimentalWarning: from before',
      'ExperimentalWarning: FFI is an experimental feature, says somebody else',
      'Warning: from after',
    ];
    assert.equal(out, ['true', 'true', ...warnings, ''].join('\n'));
    for (const warning of warnings) assert.ok(err.includes(`) ${warning}\n`), err);
    assert.equal(err.split('Warning: ').length - 1, warnings.length, err);
  });

  it('passes on what else is warned of meanwhile', async () => {
    const { out } = await run(`
      const { getBuiltinModule } = process;
      process.getBuiltinModule = (name) => {
        process.emitWarning('something else', 'ExperimentalWarning');
        return getBuiltinModule(name);
      };
      process.on('warning', ({ message }) => say(message));
      open();
    `);
    assert.equal(out, process.platform === 'linux' ? 'something else\n' : '');
  });

  for (const [flags, reason] of [
    [['--no-experimental-ffi'], /^this runtime has no node:ffi$/],
    [['--permission', '--allow-fs-read=*'], /^node:ffi cannot be used: Access .* restricted\. Use --allow-ffi /],
  ] as const) {
    it(`is a reason and no failure under ${flags.join(' ')}`, async () => {
      const { out, err } = await run('say(open());', flags);
      if (USUAL === 'facts') assert.match(out.trimEnd(), reason);
      else assert.equal(out, `${USUAL}\n`);
      assert.equal(err, '');
    });
  }

  for (const [where, body] of [
    ['a runtime that cannot be asked for a module', 'process.getBuiltinModule = undefined;'],
    ['a process that is frozen', 'Object.freeze(process);'],
  ] as const) {
    it(`is a reason and no failure in ${where}`, async () => {
      const { out, err } = await run(`${body} say(open());`);
      assert.match(out, /^(this runtime has no node:ffi|node:ffi cannot be used: .*|only Linux .*)\n$/);
      assert.equal(err, '');
    });
  }

  it('is done anew in each thread, quietly, and survives the end of one', async () => {
    const { out, err } = await run(`
      import { once } from 'node:events';
      import { Worker } from 'node:worker_threads';
      say(open());
      const text = "import { parentPort } from 'node:worker_threads';" +
        "import { openTcpFacts } from '${TCP}';" +
        "parentPort.postMessage('facts' in openTcpFacts());" +
        "setInterval(() => {}, 1000);";
      for (let index = 0; index < 3; index += 1) {
        const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(text)));
        say(String(await once(worker, 'message')));
        await worker.terminate();
        say(open());
      }
    `);
    const each = `${String(USUAL === 'facts')}\n${USUAL}\n`;
    assert.deepEqual({ out, err }, { out: `${USUAL}\n${each.repeat(3)}`, err: '' });
  });
});
