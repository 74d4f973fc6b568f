// Bundles from end to end: made by one request, then downloaded whole, resumed, in parallel and by strange clients, and
// the same bytes each time as the tar of the objects that was made here by plain means.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildNaiveTar } from '../../src/bundle/naive-tar.test-double.ts';
import type { Made } from '../../src/gateway/bundle-trial.test-double.ts';
import { syntheticBytes } from '../../src/lab/origin/synthetic-bytes.ts';
import { openLeavingClient } from './leaving-client.ts';
import { runProgram } from './program.ts';
import { followTransfers, startWorld, within } from './world.ts';
import type { LibraryObject } from './world.ts';

const FIRST = { id: 'runs/7/reads.bam', size: 30_000_001, seed: 31 };
const LAST = { id: 'runs/8/reads.bam', size: 25_000_000, seed: 35 };
const OBJECTS: readonly LibraryObject[] = [
  FIRST,
  { id: 'runs/7/größe.txt', size: 511, seed: 32 },
  { id: 'empty', size: 0, seed: 33 },
  { id: `deep/${'folder/'.repeat(20)}leaf.bin`, size: 70_000, seed: 34 },
  LAST,
];
const IDS = OBJECTS.map(({ id }) => id);
const PARTS = 8;

const world = await startWorld({ objects: OBJECTS });
const { origin, gateway } = world;
const folder = await mkdtemp(join(tmpdir(), 'sluice-bundles-e2e-'));

async function post(ids: readonly string[]): Promise<{ readonly status: number; readonly made: Made }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${gateway.url}/bundles`, { method: 'POST', headers, body: JSON.stringify({ ids }) });
  return { status: answer.status, made: (await answer.json()) as Made };
}

/** The ledger's word on the transfer that has just ended. */
const lastLine = followTransfers(gateway);

const contentOf = ({ seed, size }: LibraryObject) => syntheticBytes({ seed, offset: 0, length: size });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a bundle', () => {
  let made: Made;
  let url: string;
  let whole: Buffer;
  let wholeSha256: string;

  before(async () => {
    ({ made } = await post(IDS));
    url = gateway.url + made.url;
    const members = [];
    for (const member of made.members) {
      const { headers } = await fetch(world.urlOf(member.id), { method: 'HEAD' });
      await lastLine();
      members.push({ ...member, modifiedAtSeconds: Date.parse(headers.get('last-modified')!) / 1000 });
    }
    whole = buildNaiveTar(members, (index) => {
      return contentOf(OBJECTS[index]!);
    });
    wholeSha256 = sha256(whole);
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await world.close();
  });

  it('is made once of one list', async () => {
    const again = await post(IDS);
    assert.deepEqual(again, { status: 200, made });
    assert.equal(made.size, whole.length);
    const other = await post(IDS.toReversed());
    assert.deepEqual([other.status, other.made.id === made.id], [201, false]);
  });

  it('comes whole through curl, and GNU tar lists and unpacks it', async () => {
    const path = join(folder, 'whole.tar');
    const { code, complaints } = await runProgram('curl', ['-sS', '--fail', '-o', path, url]);
    assert.deepEqual([code, complaints], [0, '']);
    assert.equal(sha256(await readFile(path)), wholeSha256);
    for (const [index, { name }] of made.members.entries()) {
      const unpacked = await runProgram('tar', ['-xOf', path, name]);
      const content = contentOf(OBJECTS[index]!);
      const expected = { code: 0, outBytes: content.length, outSha256: sha256(content), complaints: '' };
      assert.deepEqual(unpacked, expected);
    }
    const { outcome, id, deliveredBytes, receivedBytes, overReadBytes } = await lastLine();
    assert.deepEqual([outcome, id], ['complete', `bundles/${made.id}`]);
    assert.deepEqual([deliveredBytes, receivedBytes, overReadBytes], [whole.length, whole.length, 0]);
  });

  it('is unpacked while it is downloaded', async () => {
    const { code, outBytes } = await runProgram('sh', ['-c', `curl -sS --fail ${url} | tar -xOf - ${LAST.id}`]);
    assert.deepEqual([code, outBytes], [0, LAST.size]);
    await lastLine();
  });

  it('is resumed by curl where it was broken off', async () => {
    for (const haveBytes of [0, 100, 511, 30_000_700, 30_001_600, whole.length - 1]) {
      const path = join(folder, `resumed-${haveBytes}.tar`);
      await writeFile(path, whole.subarray(0, haveBytes));
      const { code, complaints } = await runProgram('curl', ['-sS', '--fail', '-C', '-', '-o', path, url]);
      assert.deepEqual([code, complaints], [0, '']);
      assert.equal(sha256(await readFile(path)), wholeSha256, `after ${haveBytes} bytes`);
      await lastLine();
    }
  });

  it('comes in eight ranges at once', async () => {
    const partBytes = Math.ceil(whole.length / PARTS);
    const parts = await Promise.all(
      Array.from({ length: PARTS }, async (_, part) => {
        const path = join(folder, `part-${part}`);
        const range = `${part * partBytes}-${(part + 1) * partBytes - 1}`;
        const { code } = await runProgram('curl', ['-sS', '--fail', '-r', range, '-o', path, url]);
        assert.equal(code, 0);
        return readFile(path);
      }),
    );
    assert.equal(sha256(Buffer.concat(parts)), wholeSha256);
    for (let part = 0; part < PARTS; part += 1) assert.equal((await lastLine()).outcome, 'complete');
  });

  it('comes by range only of the version that is asked for', async () => {
    const ask = async (etag: string) => {
      const answer = await fetch(url, { headers: { range: 'bytes=29999000-30002999', 'if-range': etag } });
      const bytes = Buffer.from(await answer.arrayBuffer());
      await lastLine();
      return { status: answer.status, bytes };
    };
    const same = await ask(made.etag);
    assert.equal(same.status, 206);
    assert.ok(same.bytes.equals(whole.subarray(29_999_000, 30_003_000)));
    const other = await ask('"other"');
    assert.deepEqual([other.status, sha256(other.bytes)], [200, wholeSha256]);
  });

  it('lets go of the origin when its client leaves in the middle', async () => {
    for (const leave of ['reset', 'close'] as const) {
      const client = await openLeavingClient(url);
      await within(client.takeBody(10_000), 'the beginning of the bundle');
      client[leave]();
      const { outcome } = await lastLine();
      assert.equal(outcome, 'client-gone');
      const ended = origin.meter.until(
        ({ requests }) => requests.every(({ endedAt }) => endedAt !== undefined) || undefined,
      );
      await within(ended, 'every request at the origin to end');
    }
  });

  it('is broken off, and never holds two versions, when a member has changed', async () => {
    origin.replaceObject(world.bucket, LAST.id);
    const path = join(folder, 'changed.tar');
    const { code } = await runProgram('curl', ['-s', '-o', path, url]);
    assert.notEqual(code, 0);
    const { outcome, status, error } = await lastLine();
    assert.deepEqual([outcome, status, error], ['source-failed', 200, 'changed']);
    const received = await readFile(path);
    assert.ok(received.length < whole.length && received.equals(whole.subarray(0, received.length)));
    const range = `bytes=${whole.length - 100_000}-`;
    const answer = await fetch(url, { headers: { range } });
    await answer.arrayBuffer();
    assert.equal(answer.status, 502);
    await lastLine();
  });
});
