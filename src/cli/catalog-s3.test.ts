// The catalog commands with a store that speaks S3, signs, and can fail.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openCatalog } from '../catalog/database-catalog.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { startOrigin } from '../lab/origin/origin.ts';
import type { Origin } from '../lab/origin/origin.ts';
import { createSelfSigned } from '../lab/origin/self-signed.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-so-secret' };
const TIB = 2 ** 40;

/** More than two answers of a listing. */
const MANY = 2_400;

describe('sluice catalog with S3', () => {
  const { key, cert } = createSelfSigned();
  let folder: string;
  let origin: Origin;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-s3-'));
    await writeFile(join(folder, 'ca.pem'), cert);
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(async () => {
    const many = Array.from({ length: MANY }, (_, index) => ({ key: `many/${index}`, size: index }));
    const objects = [{ key: 'runs/größe +%.bam', size: 5 * TIB }, { key: 'odd//key', size: 1 }, ...many];
    origin = await startOrigin({ credentials: CREDENTIALS, tls: { key, cert }, buckets: { library: { objects } } });
    const store = { type: 's3', endpoint: origin.url, region: 'us-east-1', credentials: CREDENTIALS, caFile: 'ca.pem' };
    const timeouts = { connectMs: 2_000 };
    await writeFile(join(folder, 'sluice.yaml'), JSON.stringify({ stores: { archive: store }, timeouts }));
  });
  afterEach(async () => {
    await origin.close();
    for (const suffix of ['', '-wal', '-shm']) await rm(join(folder, `sluice.db${suffix}`), { force: true });
  });

  const start = (args: readonly string[]) =>
    spawn(process.execPath, [MAIN, 'catalog', ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });

  async function ended(child: ReturnType<typeof start>) {
    const [out, err, [code]] = await Promise.all([
      child.stdout.toArray(),
      child.stderr.toArray(),
      once(child, 'close'),
    ]);
    return { code: code as number | null, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
  }
  const catalog = (...args: readonly string[]) => ended(start(args));

  async function entries(): Promise<readonly CatalogEntry[]> {
    const opened = await openCatalog(join(folder, 'sluice.db'));
    const all = await opened.list({ limit: 10_000 });
    await opened.close();
    return all;
  }

  it('scans a bucket of several pages, and names odd keys by a hash', async () => {
    const total = MANY + 2;
    assert.deepEqual(await catalog('scan', 's3://library', '--id-prefix', 'lib/'), {
      code: 0,
      out: `catalogued ${total} of ${total} objects\n`,
      err: '',
    });
    const all = await entries();
    assert.equal(all.length, total);
    const big = all.find((entry) => entry.id === 'lib/runs/größe +%.bam');
    assert.deepEqual([big?.size, big?.bucket, big?.mediaType], [5 * TIB, 'library', 'application/vnd.ga4gh.bam']);
    assert.match(all.find((entry) => entry.key === 'odd//key')!.id, /^lib\/~[\w-]{22}$/);
  });

  it('adds one object with the size and the ETag that the store tells', async () => {
    const { code, out } = await catalog('add', 'big', 's3://library/runs/größe +%.bam');
    assert.deepEqual([code, out], [0, 'added big (5.00 TiB at archive:library/runs/größe +%.bam)\n']);
    const [entry] = await entries();
    assert.equal(entry?.size, 5 * TIB);
    assert.match(entry?.etag ?? '', /^"[0-9a-f]{32}"$/);
  });

  it('keeps the size of the parts: as the listing lets it be told, or as the store tells when it is asked', async () => {
    const odd = (7 << 20) + 1;
    origin.putObject('library', { key: 'parts/clear', size: TIB, partSizeBytes: 128 << 20 });
    origin.putObject('library', { key: 'parts/unclear', size: 2 * odd, partSizeBytes: odd });
    await catalog('scan', 's3://library/parts/');
    await catalog('add', 'asked', 's3://library/parts/unclear');
    assert.deepEqual(
      (await entries()).map(({ id, partBytes }) => [id, partBytes]),
      [
        ['asked', odd],
        ['parts/clear', 128 << 20],
        ['parts/unclear', undefined],
      ],
    );
    assert.match((await catalog('show', 'asked')).out, /^part size {3}7340033 \(7\.00 MiB\)$/m);
  });

  it('fails in one line when the key, the credentials or the store are not right', async () => {
    const absent = await catalog('add', 'x', 's3://library/none');
    assert.equal(absent.code, 1);
    assert.match(absent.err, /^sluice: there is no object archive:library\/none \(.+\)\n$/);

    const wrong = { ...CREDENTIALS, secretAccessKey: 'wrong' };
    const store = { type: 's3', endpoint: origin.url, region: 'us-east-1', credentials: wrong, caFile: 'ca.pem' };
    await writeFile(join(folder, 'sluice.yaml'), JSON.stringify({ stores: { archive: store } }));
    const denied = await catalog('scan', 's3://library');
    assert.deepEqual([denied.code, denied.out], [1, '']);
    assert.match(denied.err, /^sluice: .+\n$/);
    assert.doesNotMatch(denied.err, /wrong/);

    await origin.close();
    const down = await catalog('add', 'x', 's3://library/odd//key');
    assert.equal(down.code, 1);
    assert.match(down.err, /^sluice: .+\n$/);
  });

  it('stops at SIGINT in the middle of a scan, and keeps what it has', async () => {
    origin.setFaults([{ match: { method: 'GET', bucket: 'library', nth: 3 }, fault: { neverAnswer: true } }]);
    const child = start(['scan', 's3://library']);
    const end = ended(child);
    await origin.meter.until(({ requests }) => (requests.length === 3 ? requests : undefined));
    child.kill('SIGINT');
    assert.deepEqual(await end, { code: 130, out: '', err: 'sluice: stopped by SIGINT\n' });
    assert.equal((await entries()).length, 2_000);
  });
});
