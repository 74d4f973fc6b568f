// Where there are no calls, and what is said of it: each system here is pretended.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSocketCalls } from './socket-calls.ts';
import type { System } from './socket-calls.ts';

type Ffi = NonNullable<ReturnType<System['loadFfi']>>;

/** `node:ffi` whose three functions all return `result`. Like the real one it is given the C library by no name. */
function fakeFfi(result: number): Ffi {
  const dlopen = (path: string | null, signatures: object) => {
    assert.equal(path, null);
    return { functions: Object.fromEntries(Object.keys(signatures).map((name) => [name, () => result])) };
  };
  return { dlopen: dlopen as unknown as Ffi['dlopen'] };
}

function failing(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

const LINUX: System = { platform: 'linux', arch: 'x64', loadFfi: () => fakeFfi(-1) };

function reasonOf(system: Partial<System>): string | undefined {
  const opened = openSocketCalls({ ...LINUX, ...system });
  return 'reason' in opened ? opened.reason : undefined;
}

test('only Linux on an architecture whose numbers are known has them, and nothing is loaded elsewhere', () => {
  const loadFfi = failing('loaded');
  for (const platform of ['darwin', 'win32', 'freebsd']) {
    assert.equal(reasonOf({ platform, loadFfi }), `only Linux tells of its sockets, and this is ${platform}`);
  }
  for (const arch of ['arm', 'ia32', 'mips64el', 'ppc64', 's390x']) {
    assert.equal(reasonOf({ arch, loadFfi }), `the system's calls are known for x64 and arm64, and this is ${arch}`);
  }
  for (const arch of ['x64', 'arm64']) assert.equal(reasonOf({ arch }), undefined);
});

test('a runtime without node:ffi has none', () => {
  assert.equal(reasonOf({ loadFfi: () => undefined }), 'this runtime has no node:ffi');
});

test('node:ffi that cannot be loaded, or finds no C library or not all of the calls, is told by its own words', () => {
  const dlopen = failing('dlsym failed: undefined symbol: ioctl');
  assert.equal(
    reasonOf({ loadFfi: () => ({ dlopen }) }),
    'node:ffi cannot be used: dlsym failed: undefined symbol: ioctl',
  );
  assert.equal(reasonOf({ loadFfi: failing('no such thing') }), 'node:ffi cannot be used: no such thing');
});

test('calls that find nothing wrong with a descriptor that does not exist are not used', () => {
  assert.equal(reasonOf({ loadFfi: () => fakeFfi(0) }), 'the system accepts a descriptor that does not exist');
});

test('a call that fails is told by its result, whatever its memory holds', () => {
  const opened = openSocketCalls(LINUX);
  assert.ok('calls' in opened);
  assert.equal(opened.calls.readInt(0, 0n), undefined);
  assert.equal(opened.calls.readTcpOption(0, 0, new ArrayBuffer(8)), undefined);
  assert.equal(opened.calls.writeTcpOption(0, 0, 1), false);
});
