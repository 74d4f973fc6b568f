import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openCatalog } from '../catalog/database-catalog.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

const HELLO = 'hello\n';

type Ran = { readonly code: number | null; readonly out: string; readonly err: string };

describe('sluice catalog', () => {
  const sha256 = createHash('sha256').update(HELLO).digest();
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
    await mkdir(join(folder, 'data/runs'), { recursive: true });
    await writeFile(join(folder, 'data/runs/a.bam'), HELLO);
    await writeFile(join(folder, 'data/runs/größe.txt'), HELLO);
    await writeFile(join(folder, 'data/table.csv'), Buffer.alloc(3 << 20));
    await writeFile(
      join(folder, 'sluice.yaml'),
      'stores:\n  disk: { type: file, root: ./data }\n  one: { type: s3, region: r }\n  two: { type: s3, region: r }\n',
    );
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    for (const suffix of ['', '-wal', '-shm']) await rm(join(folder, `sluice.db${suffix}`), { force: true });
  });

  function start(args: readonly string[]) {
    return spawn(process.execPath, [MAIN, 'catalog', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async function catalog(...args: readonly string[]): Promise<Ran> {
    const child = start(args);
    const [out, err, [code]] = await Promise.all([
      child.stdout.toArray(),
      child.stderr.toArray(),
      once(child, 'close'),
    ]);
    return { code: code as number | null, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  }

  const shownJson = async (id: string) =>
    JSON.parse((await catalog('show', id, '--json')).out) as Record<string, unknown>;

  it('adds an object, and shows what the store told of it', async () => {
    const hex = sha256.toString('hex');
    assert.deepEqual(await catalog('add', 'genome', 'disk:runs/a.bam', '--digest', `sha-256=${hex}`), {
      code: 0,
      out: 'added genome (6 B at disk:runs/a.bam)\n',
      err: '',
    });
    const { etag, lastModified, ...rest } = await shownJson('genome');
    assert.match(String(etag), /^".+"$/);
    assert.ok(Date.parse(String(lastModified)) > 0);
    assert.deepEqual(rest, {
      id: 'genome',
      collection: 'default',
      store: 'disk',
      bucket: '',
      key: 'runs/a.bam',
      size: 6,
      filename: 'a.bam',
      mediaType: 'application/vnd.ga4gh.bam',
      digests: { 'sha-256': hex },
    });
    const { out } = await catalog('show', 'genome');
    assert.match(out, /^id {10}genome\ncollection {2}default\nlocation {4}disk:runs\/a\.bam\nsize {8}6 \(6 B\)\n/);
  });

  it('replaces an entry with what it is told of the name, the type and the digest', async () => {
    await catalog('add', 'g', 'disk:runs/a.bam');
    const more = ['--filename', 'G.bin', '--media-type', 'text/x', '--digest', `sha-256=${sha256.toString('base64')}`];
    assert.match((await catalog('add', 'g', 'disk:runs/a.bam', ...more)).out, /^replaced g /);
    const { filename, mediaType, digests } = await shownJson('g');
    assert.deepEqual([filename, mediaType, digests], ['G.bin', 'text/x', { 'sha-256': sha256.toString('hex') }]);
  });

  it('scans a store, and lists a table in columns or lines of JSON', async () => {
    assert.deepEqual(await catalog('scan', 'disk:', '--id-prefix', 'lib/'), {
      code: 0,
      out: 'catalogued 3 of 3 objects\n',
      err: '',
    });
    const { out } = await catalog('list');
    const lines = out.trimEnd().split('\n');
    assert.match(lines[0]!, /^ID +SIZE +MODIFIED +MEDIA TYPE +LOCATION$/);
    assert.equal(new Set(lines.map((line) => line.search(/LOCATION|disk:/))).size, 1);
    assert.match(lines[3]!, /^lib\/table\.csv +3\.00 MiB +[0-9-]{10} +text\/csv +disk:table\.csv$/);
    const json = (await catalog('list', '--json', '--prefix', 'lib/runs/')).out.trimEnd().split('\n');
    assert.deepEqual(
      json.map((line) => (JSON.parse(line) as { id: string }).id),
      ['lib/runs/a.bam', 'lib/runs/größe.txt'],
    );
    const second = await catalog('list', '--json', '--limit', '1', '--after', 'lib/runs/a.bam');
    assert.match(second.out, /^\{"id":"lib\/runs\/größe\.txt".*\}\n$/);
  });

  it('scans below a prefix alone, and says when nothing is there', async () => {
    assert.match((await catalog('scan', 'disk:runs/')).out, /^catalogued 2 of 2 objects\n$/);
    const { code, out, err } = await catalog('scan', 'disk:rums/');
    assert.deepEqual([code, out], [0, 'catalogued 0 of 0 objects\n']);
    assert.match(err, /^sluice: nothing is listed at disk:rums\/; want a prefix that keys begin with\n$/);
  });

  it('removes what is there, and tells what is not', async () => {
    await catalog('scan', 'disk:runs/');
    const { code, out, err } = await catalog('rm', 'runs/a.bam', 'nobody', 'runs/größe.txt');
    assert.deepEqual([code, out], [1, 'removed runs/a.bam\nremoved runs/größe.txt\n']);
    assert.equal(err, 'sluice: no entry has the id "nobody"\n');
    assert.deepEqual(await catalog('list'), { code: 0, out: '', err: 'sluice: the catalog is empty\n' });
    assert.deepEqual(await catalog('list', '--json'), { code: 0, out: '', err: '' });
  });

  it('ends quietly when its reader has seen enough', async () => {
    const path = join(folder, 'sluice.db');
    const many = await openCatalog(path);
    const entry = {
      collection: 'default',
      store: 'disk',
      bucket: '',
      key: 'k',
      size: 1,
      etag: '"e"',
      filename: 'f',
      mediaType: 'text/plain',
    };
    await many.putMany(Array.from({ length: 20_000 }, (_, index) => ({ id: `id-${index}`, ...entry, digests: {} })));
    await many.close();
    const child = start(['list', '--json']);
    const errors = child.stderr.toArray();
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    assert.deepEqual([code, signal, Buffer.concat(await errors).toString()], [0, null, '']);
  });

  it('exits with 1 and one line when an object or an entry is not there', async () => {
    const absent = await catalog('add', 'x', 'disk:runs/none');
    assert.deepEqual([absent.code, absent.out], [1, '']);
    assert.match(absent.err, /^sluice: there is no object disk:runs\/none \(.+\)\n$/);
    const unknown = await catalog('show', 'x');
    assert.deepEqual([unknown.code, unknown.out], [1, '']);
    assert.match(unknown.err, /^sluice: no entry has the id "x"; .*\n$/);
  });

  it('exits with 2 and one line for what it was given wrongly', async () => {
    const wrong: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [['add', '../x', 'disk:table.csv'], /got the id "\.\.\/x", want 1 to 1024 bytes of UTF-8/],
      [['add', 'x', 'disk:'], /got disk:, which names no object/],
      [['add', 'x', 'dsk:a'], /got the store "dsk", want disk$/],
      [['add', 'x', 'disk:table.csv', '--digest', 'md5=00'], /got the digest "md5=00", want sha-256=VALUE or/],
      [['add', 'x', 'disk:table.csv', '--media-type', 'text'], /got the media type "text", want one like text\/plain$/],
      [['list', '--limit', '0'], /Want a whole number from 1 to 999999999\.$/],
      [['list', '--config', 'none.yaml'], /^none\.yaml: there is no such file; want/],
    ];
    const ran = await Promise.all(wrong.map(async ([args, message]) => ({ message, ...(await catalog(...args)) })));
    for (const { message, code, out, err } of ran) {
      assert.deepEqual([code, out], [2, ''], err);
      assert.match(err.trimEnd(), message);
      assert.equal(err.split('\n').length, 2, err);
    }
  });

  it('tells all that is wrong with its configuration, a line each', async () => {
    await writeFile(join(folder, 'bad.yaml'), 'log: loud\nstores:\n  disk:\n    type: file\n    rot: data\n');
    const { code, err } = await catalog('list', '--config', 'bad.yaml');
    assert.equal(code, 2);
    assert.match(
      err,
      /^bad\.yaml:1: log: got "loud", want .*\nbad\.yaml:5: stores\.disk\.rot: got an unknown key, want root\n$/,
    );
  });

  it('refuses a catalog that is no catalog', async () => {
    await writeFile(join(folder, 'sluice.db'), 'something else that is longer than nothing at all');
    const { code, err } = await catalog('list');
    assert.equal(code, 2);
    assert.match(err, /^sluice: .*sluice\.db is not an SQLite database; want .*\n$/);
  });
});
