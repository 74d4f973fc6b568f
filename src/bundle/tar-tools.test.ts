// The tars of a layout through programs that we did not write: GNU tar, bsdtar and Python read every member byte for
// byte, without a word of warning. GNU tar is always there; what of the others is not is said in the report.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import { patternBytes } from '../testing/pattern.ts';
import { planTar } from './layout.ts';
import { nameMembers } from './member-name.ts';
import type { TarMember } from './tar-header.ts';

const GIB = 2 ** 30;
const MODIFIED_AT_SECONDS = 1_700_000_000;

/** Larger members are holes in the file: zeros that take no room. */
const MAX_WRITTEN_BYTES = 1 << 20;

const folder = mkdtempSync(join(tmpdir(), 'sluice-tar-'));
after(() => rmSync(folder, { recursive: true }));

function toMembers(sizes: Readonly<Record<string, number>>): readonly TarMember[] {
  const names = nameMembers(Object.keys(sizes));
  return Object.values(sizes).map((size, index) => ({
    name: names[index]!,
    size,
    modifiedAtSeconds: MODIFIED_AT_SECONDS,
  }));
}

const contentOf = ({ size }: TarMember, index: number) => patternBytes({ start: 0, end: size }, index);

/** Writes the tar, with holes for the content of what is large. Gives its path. */
function writeTar(name: string, members: readonly TarMember[]): string {
  const path = join(folder, name);
  const file = openSync(path, 'wx');
  const layout = planTar(members);
  let position = 0;
  for (const segment of layout.segments({ start: 0, end: layout.size })) {
    if (segment.kind === 'own') {
      position += writeSync(file, segment.bytes, 0, segment.bytes.length, position);
    } else {
      const { end } = segment.range;
      if (end <= MAX_WRITTEN_BYTES)
        writeSync(file, contentOf(members[segment.index]!, segment.index), 0, end, position);
      position += end;
    }
  }
  ftruncateSync(file, layout.size);
  closeSync(file);
  return path;
}

/** What the program wrote, when it has ended well and complained of nothing; `undefined` where it is not installed. */
function run(t: TestContext, command: string, args: readonly string[]): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
  if (error && 'code' in error && error.code === 'ENOENT') {
    assert.notEqual(command, 'tar', 'GNU tar is needed for this test');
    t.diagnostic(`${command} is not on this machine: nothing was shown of it`);
    return undefined;
  }
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return stdout;
}

function assertUnpacked(target: string, members: readonly TarMember[]): void {
  const files = readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.equal(files.length, members.length);
  for (const [index, member] of members.entries()) {
    const path = join(target, member.name);
    assert.ok(readFileSync(path).equals(contentOf(member, index)), member.name);
    const { mode, mtimeMs } = statSync(path);
    assert.deepEqual([mode & 0o600, mtimeMs], [0o600, MODIFIED_AT_SECONDS * 1000]);
  }
}

const PYTHON = `
import hashlib, json, sys, tarfile, warnings
warnings.simplefilter('error')
with tarfile.open(sys.argv[1]) as tar:
  limit = int(sys.argv[2])
  print(json.dumps([[m.name, m.size, m.mtime, m.mode, m.isreg(),
    hashlib.sha256(tar.extractfile(m).read()).hexdigest() if m.size <= limit else None] for m in tar]))
`;

function listWithPython(t: TestContext, path: string): unknown {
  const listed = run(t, 'python3', ['-c', PYTHON, path, String(MAX_WRITTEN_BYTES)]);
  return listed === undefined ? undefined : JSON.parse(listed);
}

function toPythonList(members: readonly TarMember[]): unknown {
  return members.map((member, index) => {
    const isWritten = member.size <= MAX_WRITTEN_BYTES;
    const sha256 = isWritten ? hash(contentOf(member, index)) : null;
    return [member.name, member.size, MODIFIED_AT_SECONDS, 0o644, true, sha256];
  });
}

describe('a tar of names and sizes of every kind', () => {
  const members = toMembers({
    'plain.txt': 1000,
    empty: 0,
    [`exactly/${'x'.repeat(92)}`]: 512,
    [`longer/${'y'.repeat(94)}`]: 513,
    [`deep/${'folder-of-some-length/'.repeat(20)}leaf.bin`]: 70_000,
    [`${'z'.repeat(300)}.tar.gz`]: 1,
    'größe/名前 – 😀.txt': 511,
    '../../escape': 3,
    escape: 4,
    Escape: 5,
    a: 6,
    'a/b': 7,
    'line\nbreak': 8,
    '-rf': 9,
    last: 300_001,
  });
  const path = writeTar('every-kind.tar', members);

  for (const command of ['tar', 'bsdtar']) {
    it(`is unpacked byte for byte by ${command}, from a file and from a pipe`, (t) => {
      for (const way of ['file', 'pipe']) {
        const target = join(folder, `${command}-${way}`);
        mkdirSync(target);
        if (run(t, command, ['--version']) === undefined) return;
        if (way === 'file') run(t, command, ['-xf', path, '-C', target]);
        else run(t, 'sh', ['-c', `cat "$0" | ${command} -xf - -C "$1"`, path, target]);
        assertUnpacked(target, members);
      }
    });
  }

  it('is read byte for byte by Python', (t) => {
    const listed = listWithPython(t, path);
    if (listed !== undefined) assert.deepEqual(listed, toPythonList(members));
  });
});

describe('a tar with members of 8 GiB and more', () => {
  const members = toMembers({
    before: 10,
    [`less-by-one`]: 8 * GIB - 1,
    'just-so': 8 * GIB,
    'ünd mehr': 9 * GIB + 1,
    after: 700,
  });
  const path = writeTar('large.tar', members);

  for (const command of ['tar', 'bsdtar']) {
    it(`has the sizes and the names that ${command} sees, and behind them the right bytes`, (t) => {
      const listed = run(t, command, ['-tvf', path]);
      if (listed === undefined) return;
      const lines = listed.trimEnd().split('\n');
      assert.equal(lines.length, members.length);
      for (const [index, { name, size }] of members.entries()) {
        assert.match(lines[index]!, new RegExp(`^-rw-r--r-- .* ${size} .* ${name}$`));
      }
      const target = join(folder, `${command}-large`);
      mkdirSync(target);
      run(t, command, ['-xf', path, '-C', target, 'before', 'after']);
      for (const index of [0, 4]) {
        const member = members[index]!;
        assert.ok(readFileSync(join(target, member.name)).equals(contentOf(member, index)));
      }
    });
  }

  it('is listed by Python, with the right bytes behind them', (t) => {
    const listed = listWithPython(t, path);
    if (listed !== undefined) assert.deepEqual(listed, toPythonList(members));
  });
});

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
