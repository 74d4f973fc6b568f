// The package as somebody gets it: packed, installed into an empty folder by npm, and run there, by the Node that came
// with it, whatever the machine has.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What `import('sluice')` gives, without the types. A name that is not here is a change for everybody who has one. */
const NAMES = [
  'SlabPool',
  'SluiceError',
  'createEngine',
  'createFileSource',
  'createMemorySource',
  'createS3Source',
  'hedged',
  'isSluiceError',
  'resumed',
  'sendObject',
];

const TESTING_NAMES = [
  'CAPABILITIES',
  'FAULTS',
  'ModelStore',
  'ScriptedBody',
  'ScriptedSource',
  'describeSourceContract',
  'establishedConnections',
  'patternBytes',
];

/** A program that uses the package in TypeScript; the last line must be refused, or the types say nothing. */
const CONSUMER = `
import { createServer } from 'node:http';
import { SlabPool, createMemorySource, createS3Source, isSluiceError, sendObject } from 'sluice';
import type { Body, Outcome, Source, Transfer } from 'sluice';
import { describeSourceContract } from 'sluice/testing';
import type { SourceHarness } from 'sluice/testing';
const sources: Source[] = [createMemorySource(), createS3Source({ region: 'us-east-1', slabs: new SlabPool() })];
createServer(async (request, response) => {
  const transfer: Transfer = await sendObject(request, response, { source: sources[0]!, object: { bucket: '', key: 'k' } });
  const outcome: Outcome = transfer.outcome;
  if (isSluiceError(transfer.error, 'changed')) console.log(outcome, transfer.error.retryable);
});
export const close = (body: Body): void => body.close();
export const describeMine = (setup: () => Promise<SourceHarness>): void => describeSourceContract('mine', setup);
// @ts-expect-error: 'never' is no outcome
export const wrong: Outcome = 'never';
`;

type Ran = { readonly code: number; readonly out: string; readonly err: string };
type Options = { readonly cwd: string; readonly path?: string };

/** The machine's own commands, without those that npm puts before them for a script of this project. */
const MACHINE_PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

const NODES = ['the Node of the machine', 'the Node that came with it'] as const;

function toPath(on: (typeof NODES)[number], runtime: string): string {
  return on === 'the Node of the machine' ? MACHINE_PATH : [dirname(runtime), MACHINE_PATH].join(delimiter);
}

/** As a shell that was opened just now has it: nothing of the npm and the test runner that this runs in. */
function freshEnvironment(path: string): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|INIT_CWD$|PATH$)/i.test(name));
  return { ...Object.fromEntries(entries), PATH: path };
}

function run(command: string, args: readonly string[], { cwd, path = MACHINE_PATH }: Options): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env: freshEnvironment(path), maxBuffer: 64 << 20 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
    );
  });
}

async function mustRun(command: string, args: readonly string[], options: Options): Promise<string> {
  const { code, out, err } = await run(command, args, options);
  assert.equal(code, 0, `${command} ${args.join(' ')} failed:\n${out}\n${err}`);
  return out;
}

/** The Node that npm brought into a folder. */
async function findRuntime(folder: string): Promise<string> {
  const modules = join(folder, 'node_modules');
  const names = (await readdir(modules)).filter((name) => /^node-(?:bin|linux|win)-/.test(name));
  const binaries = names.flatMap((name) => ['bin/node', 'bin/node.exe'].map((binary) => join(modules, name, binary)));
  const found = binaries.find((binary) => existsSync(binary));
  assert.ok(found, 'npm brought no Node along');
  return found;
}

describe('the package, installed', { timeout: 300_000 }, () => {
  let folder: string;
  let runtime: string;
  let version: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-package-'));
    const target = join(folder, 'packed');
    await mkdir(target);
    // The compiler runs on the Node of the project, as in `npm pack` from a script.
    const path = [join(ROOT, 'node_modules/.bin'), MACHINE_PATH].join(delimiter);
    await mustRun('npm', ['pack', '--silent', '--pack-destination', target], { cwd: ROOT, path });
    const [tarball = ''] = await readdir(target);
    await mustRun('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(target, tarball)], {
      cwd: folder,
    });
    runtime = await findRuntime(folder);
    version = (JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('holds the program and its documents, and nothing that is for its own tests', async () => {
    const files = await readdir(join(folder, 'node_modules/sluice'), { recursive: true, withFileTypes: true });
    const names = files.filter((file) => file.isFile()).map((file) => file.name);
    for (const needed of ['README.md', 'LICENSE', 'CHANGELOG.md', 'sluice.js', 'index.d.ts', 'node-http.ts']) {
      assert.ok(names.includes(needed), `${needed} is missing`);
    }
    const forTests = names.filter((name) => /\.test\.|test-double|test-client|fixture/.test(name));
    assert.deepEqual(forTests, []);
    assert.equal(existsSync(join(folder, 'node_modules/sluice/src')), false);
  });

  for (const on of NODES) {
    it(`prints its version when started on ${on}`, async () => {
      const path = toPath(on, runtime);
      assert.equal(await mustRun('npx', ['sluice', '--version'], { cwd: folder, path }), `${version}\n`);
      const direct = await run(join(folder, 'node_modules/.bin/sluice'), ['--version'], { cwd: folder, path });
      assert.deepEqual(direct, { code: 0, out: `${version}\n`, err: '' });
    });
  }

  for (const [from, names] of [
    ['sluice', NAMES],
    ['sluice/testing', TESTING_NAMES],
  ] as const) {
    it(`gives exactly these names from ${from}`, async () => {
      const script = `console.log(JSON.stringify(Object.keys(await import('${from}')).sort()))`;
      const { code, out, err } = await run(runtime, ['--input-type=module', '--eval', script], { cwd: folder });
      assert.deepEqual([code, err], [0, ''], 'and no warning');
      assert.deepEqual(JSON.parse(out), names);
    });
  }

  it('tells TypeScript what it is', async () => {
    const compilerOptions = { module: 'nodenext', target: 'esnext', strict: true, noEmit: true, types: ['node'] };
    const typeRoots = [join(ROOT, 'node_modules/@types')];
    const config = { compilerOptions: { ...compilerOptions, typeRoots }, files: ['consumer.ts'] };
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await writeFile(join(folder, 'consumer.ts'), CONSUMER);
    const out = await mustRun(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { cwd: folder });
    assert.equal(out, '');
  });

  for (const on of NODES) {
    it(`runs the demo, and serves a byte, when started on ${on}`, async () => {
      const args = ['demo', '--json', '--port', '0', '--origin-port', '0'];
      const child: ChildProcess = spawn(join(folder, 'node_modules/.bin/sluice'), args, {
        cwd: folder,
        env: freshEnvironment(toPath(on, runtime)),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const exited = once(child, 'exit');
      const complaints = text(child.stderr!);
      try {
        const [line] = (await Promise.race([once(createInterface(child.stdout!), 'line'), exited])) as [string];
        const { gateway, objects } = JSON.parse(line) as { gateway: string; objects: readonly { id: string }[] };
        assert.ok(objects.some(({ id }) => id === 'big'));
        const answer = await fetch(`${gateway}/data/big`, { headers: { range: 'bytes=99999999999-99999999999' } });
        assert.deepEqual([answer.status, (await answer.bytes()).length], [206, 1]);
      } finally {
        child.kill('SIGTERM');
      }
      assert.deepEqual(await exited, [0, null]);
      assert.equal(await complaints, '', 'no warning of an experiment, and nothing else');
    });
  }
});
