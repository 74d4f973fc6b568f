// bin/sluice.js: it is run as an old Node runs it, by telling this one that it is old.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PRETEND_TO_BE_OLD = `data:text/javascript,${encodeURIComponent(
  `if (!process.env.YOUNG) {
     process.env.YOUNG = '1';
     Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } });
   }`,
)}`;

/** Stands for the program: tells that it runs and where, then waits for signals, or ends as it was asked to. */
const PROGRAM = `
import { once } from 'node:events';
const [wish, value] = process.argv.slice(2);
if (wish === 'exit') process.exitCode = Number(value);
else if (wish === 'die') process.kill(process.pid, value);
else {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => once(process, name).then(([got]) => got));
  const alive = setInterval(() => {}, 1_000);
  process.stdout.write('ready\\n');
  process.stdout.write((await Promise.race(signals)) + '\\n');
  clearInterval(alive);
}
`;

type Ended = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
};

async function ended(child: ChildProcess): Promise<Ended> {
  const [out, err, [code, signal]] = await Promise.all([
    child.stdout!.toArray(),
    child.stderr!.toArray(),
    once(child, 'exit') as Promise<[number | null, string | null]>,
  ]);
  return { code, signal, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

describe('bin/sluice.js', () => {
  let checkout: string;
  let bare: string;
  before(async () => {
    checkout = await mkdtemp(join(tmpdir(), 'sluice-launcher-'));
    bare = await mkdtemp(join(tmpdir(), 'sluice-bare-'));
    for (const folder of [checkout, bare]) {
      await mkdir(join(folder, 'bin'));
      await copyFile(join(ROOT, 'bin/sluice.js'), join(folder, 'bin/sluice.js'));
      await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    }
    await mkdir(join(checkout, 'src/cli'), { recursive: true });
    await writeFile(join(checkout, 'src/cli/main.ts'), PROGRAM);
    await mkdir(join(checkout, 'node_modules'));
    const runtimes = (await readdir(join(ROOT, 'node_modules'))).filter((name) => /^node-(bin|linux|win)-/.test(name));
    for (const name of runtimes) {
      await symlink(join(ROOT, 'node_modules', name), join(checkout, 'node_modules', name));
    }
  });
  after(async () => {
    await rm(checkout, { recursive: true });
    await rm(bare, { recursive: true });
  });

  const launch = (folder: string, flags: readonly string[], args: readonly string[]) =>
    spawn(process.execPath, [...flags, join(folder, 'bin/sluice.js'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const old = ['--import', PRETEND_TO_BE_OLD];

  for (const [how, flags] of [
    ['on this Node', []],
    ['from an older Node', old],
  ] as const) {
    it(`ends with the program's exit code ${how}`, async () => {
      assert.deepEqual(await ended(launch(checkout, flags, ['exit', '7'])), {
        code: 7,
        signal: null,
        out: '',
        err: '',
      });
    });

    it(`ends with the program's signal ${how}`, async () => {
      const { code, signal } = await ended(launch(checkout, flags, ['die', 'SIGKILL']));
      assert.deepEqual([code, signal], [null, 'SIGKILL']);
    });

    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      it(`passes ${signal} on ${how}`, async () => {
        const child = launch(checkout, flags, ['wait']);
        const end = ended(child);
        await once(child.stdout, 'data');
        child.kill(signal);
        assert.deepEqual(await end, { code: 0, signal: null, out: `ready\n${signal}\n`, err: '' });
      });
    }
  }

  it('says what is missing where npm brought no Node along', async () => {
    const { code, out, err } = await ended(launch(bare, old, []));
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /cannot start on Node v.*: the Node that npm installs beside it is not there\n/);
    assert.match(err, /want Node 26 or later; install it, or install sluice again/);
  });
});
