// The same answers from administration on the database and over HTTP: collections, objects, scans.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onEveryDatabase } from '../database/every-database.test-double.ts';
import { isSluiceError } from '../errors.ts';
import { collect, openDirect, openRemote, toContent } from './admin-trial.test-double.ts';

const isBadInput = (words: RegExp) => (error: unknown) =>
  isSluiceError(error, 'bad-input') && words.test(error.message);

const NEW = { store: 'archive', bucket: 'library', key: 'runs/genome.bam' };

const line = (id: string, more: object = {}) => ({ id, store: 'archive', key: id, size: 3, etag: '"e"', ...more });

for (const [name, open] of Object.entries({ direct: openDirect, 'over HTTP': openRemote })) {
  onEveryDatabase(`administration of the catalog, ${name}`, (openDatabase) => {
    describe('collections', () => {
      it('are added, changed in part, listed and removed', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        const added = await admin.putCollection('runs', {}, work);
        assert.deepEqual(added, { id: 'runs', title: 'runs', isPublic: false, isNew: true });
        await admin.putCollection('runs', { title: 'Runs of 2026' }, work);
        const changed = await admin.putCollection('runs', { isPublic: true }, work);
        assert.deepEqual(changed, { id: 'runs', title: 'Runs of 2026', isPublic: true, isNew: false });
        const ids = (await admin.collections(work)).map(({ id }) => id);
        assert.deepEqual(ids, ['default', 'runs']);
        assert.equal(await admin.removeCollection('runs', work), true);
        assert.equal(await admin.removeCollection('runs', work), false);
      });

      it('stay while objects are in them, and the default one always', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        await admin.putCollection('runs', {}, work);
        await admin.importObjects(toContent(line('a', { collection: 'runs' })), work);
        await assert.rejects(admin.removeCollection('runs', work), isBadInput(/runs/));
        await assert.rejects(admin.removeCollection('default', work), isBadInput(/default/));
      });

      it('have titles of one line', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        await assert.rejects(admin.putCollection('runs', { title: 'a\r\nSet-Cookie: b' }, work), isBadInput(/title/));
      });
    });

    describe('objects', () => {
      it('are what their store says, and are looked up, replaced and removed', async (t) => {
        const { admin, work, archive } = await open(t, await openDatabase());
        const lastModified = new Date('2026-01-02T03:04:05.000Z');
        const { etag } = archive.put(NEW, Buffer.from('bytes'), { lastModified });
        const sha = 'ab'.repeat(32);
        const added = await admin.putObject('runs/ü/1', { ...NEW, digests: { 'sha-256': sha } }, work);
        const expected = {
          id: 'runs/ü/1',
          collection: 'default',
          ...NEW,
          size: 5,
          etag,
          lastModified: lastModified.toISOString(),
          filename: 'genome.bam',
          mediaType: 'application/vnd.ga4gh.bam',
          digests: { 'sha-256': sha },
        };
        assert.deepEqual(added, { ...expected, isNew: true });
        assert.deepEqual(await admin.object('runs/ü/1', work), expected);
        assert.equal((await admin.putObject('runs/ü/1', NEW, work)).isNew, false);
        assert.equal(await admin.removeObject('runs/ü/1', work), true);
        assert.equal(await admin.removeObject('runs/ü/1', work), false);
        assert.equal(await admin.object('runs/ü/1', work), undefined);
      });

      it('are refused in words: no such store, object or digest, or an id that nothing can have', async (t) => {
        const { admin, work, archive } = await open(t, await openDatabase());
        archive.put(NEW, Buffer.from('bytes'));
        await assert.rejects(admin.putObject('a', { ...NEW, store: 'x' }, work), isBadInput(/no store "x"/));
        await assert.rejects(
          admin.putObject('a', { ...NEW, key: 'x' }, work),
          isBadInput(/no object archive:library\/x/),
        );
        const wrong = { ...NEW, digests: { 'sha-256': 'abcd' } };
        await assert.rejects(admin.putObject('a', wrong, work), isBadInput(/sha-256/));
        for (const id of ['../x', 'a/../b', 'a//b', 'a/', '']) {
          await assert.rejects(admin.putObject(id, NEW, work), isSluiceError, `${id} should be refused`);
        }
      });

      it('are listed page by page, by prefix and by collection', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        await admin.putCollection('runs', {}, work);
        const lines = ['a/1', 'a/2', 'a/3', 'b'].map((id) => line(id, id === 'b' ? { collection: 'runs' } : {}));
        assert.equal(await admin.importObjects(toContent(...lines), work), 4);
        const first = await admin.objects({ prefix: 'a/', limit: 2 }, work);
        assert.deepEqual([first.items.map(({ id }) => id), first.next], [['a/1', 'a/2'], 'a/2']);
        const { items, next } = await admin.objects({ prefix: 'a/', limit: 2, after: first.next! }, work);
        assert.deepEqual([items.map(({ id }) => id), next], [['a/3'], undefined]);
        const { items: runs } = await admin.objects({ collection: 'runs' }, work);
        assert.deepEqual(
          runs.map(({ id }) => id),
          ['b'],
        );
      });

      it('are exported as they are imported', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        await admin.importObjects(toContent(line('a'), '', line('b'), line('c')), work);
        const text = (await collect(admin.exportObjects({}, work))).join('');
        const { items } = await admin.objects({}, work);
        assert.equal(text, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
        assert.equal(await admin.importObjects(toContent(text.trimEnd()), work), 3);
        assert.deepEqual(await collect(admin.exportObjects({ prefix: 'x' }, work)), []);
      });

      it('are imported up to the first line that is wrong', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        const content = toContent(line('a'), line('b'), line('c'), 'rubbish', line('d'));
        await assert.rejects(admin.importObjects(content, work), isBadInput(/line 4: .*before line 3/));
        const { items } = await admin.objects({}, work);
        assert.deepEqual(
          items.map(({ id }) => id),
          ['a', 'b'],
        );
      });

      it('are listed for download clients', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        await admin.importObjects(toContent(line('a b', { filename: 'x.bin' })), work);
        const text = (await collect(admin.manifest({ baseUrl: 'https://data.example.org' }, work))).join('');
        assert.match(text, /^id\tfilename\t.*\turl\na b\tx\.bin\t.*\thttps:\/\/data\.example\.org\/data\/a%20b\n$/);
      });
    });

    describe('scans', () => {
      it('tell what they find, and what cannot be served', async (t) => {
        const { admin, work, archive } = await open(t, await openDatabase());
        for (const key of ['runs/1', 'runs/2', 'x\0']) archive.put({ bucket: 'library', key }, Buffer.from(key));
        const lines = await collect(admin.scan({ store: 'archive', bucket: 'library', idPrefix: 'lib/' }, work));
        const counts = { seen: 3, added: 2, changed: 0, unchanged: 0, returned: 0, vanished: 0, refused: 1 };
        assert.deepEqual(lines.at(-1), { kind: 'done', counts, isOrdered: true });
        const refused = lines.filter(({ kind }) => kind === 'refused');
        assert.deepEqual(
          refused.map((told) => 'key' in told && told.key),
          ['x\0'],
        );
        assert.ok(await admin.object('lib/runs/1', work));
      });

      it('reject where there is nothing to scan', async (t) => {
        const { admin, work } = await open(t, await openDatabase());
        await assert.rejects(collect(admin.scan({ store: 'x', bucket: 'b' }, work)), isBadInput(/no store "x"/));
        const elsewhere = { store: 'archive', bucket: 'b', collection: 'nowhere' };
        await assert.rejects(collect(admin.scan(elsewhere, work)), isBadInput(/nowhere/));
      });
    });
  });
}
