// The Node that runs the tests is the one that runs the program: npm brings it, whatever the machine has.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** The oldest that has all that is used: TypeScript as it is, `node:sqlite` without a flag. bin/sluice.js asks for it. */
const WANTED_MAJOR = 26;

test('this is the Node that the program is written for', () => {
  const [major = ''] = process.versions.node.split('.');
  assert.ok(Number(major) >= WANTED_MAJOR, `this is Node ${process.version}; run the tests with npm`);
});

test('the launcher asks for the same Node, and npm brings it', () => {
  const launcher = readFileSync(new URL('../bin/sluice.js', import.meta.url), 'utf8');
  assert.match(launcher, new RegExp(`WANTED_MAJOR = ${WANTED_MAJOR};`));
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  const runtimes = [...launcher.matchAll(/name: '([^']+)'/g)].map(([, name]) => name!);
  assert.deepEqual(Object.keys(manifest.optionalDependencies).toSorted(), runtimes.toSorted());
  for (const version of Object.values(manifest.optionalDependencies)) {
    assert.equal(Number(version.split('.')[0]), WANTED_MAJOR, 'pinned, so that all platforms have the same');
  }
});
