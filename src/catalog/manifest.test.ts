import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CatalogEntry } from './catalog.ts';
import { entry } from './entry.test-double.ts';
import { formatManifest } from './manifest.ts';
import { isObjectId } from './object-id.ts';

const HEADER = 'id\tfilename\tmd5\tsize\tstate\tsha256\turl\n';

async function manifestOf(...pages: readonly (readonly CatalogEntry[])[]): Promise<string> {
  async function* read() {
    yield* pages;
  }
  return (await Array.fromAsync(formatManifest(read(), { baseUrl: 'https://data.test' }))).join('');
}

async function fieldsOf(one: CatalogEntry): Promise<readonly string[]> {
  const text = await manifestOf([one]);
  assert.ok(text.startsWith(HEADER) && text.endsWith('\n'));
  return text.slice(HEADER.length, -1).split('\t');
}

describe('a manifest', () => {
  it('has the columns of the GDC first, then the digest and where the object is', async () => {
    const digests = { 'sha-256': new Uint8Array(32).fill(0xab) };
    assert.equal(
      await manifestOf([entry('runs/7/größe 1.bam', { size: 5 * 2 ** 40, digests, filename: 'x.bam' })], [entry('b')]),
      `${HEADER}runs/7/größe 1.bam\tx.bam\t\t5497558138880\treleased\t${'ab'.repeat(32)}\thttps://data.test/data/runs/7/gr%C3%B6%C3%9Fe%201.bam\n` +
        'b\tfile.bin\t\t12\treleased\t\thttps://data.test/data/b\n',
    );
  });

  it('leaves out what has vanished, and is a header alone where nothing is left', async () => {
    assert.equal(await manifestOf([entry('a', { vanishedAt: new Date(0) })]), HEADER);
    assert.equal(await manifestOf(), HEADER);
  });

  it('lets no value begin a formula, a quotation or a comment', async () => {
    for (const sign of ['=', '+', '-', '@', '"', "'", '#', '＝', '＠']) {
      const [id, filename, , , , , url] = await fieldsOf(entry(`${sign}1/=2`, { filename: `${sign}cmd|x` }));
      assert.equal(filename, `_${sign}cmd|x`);
      assert.match(id!, /^%[0-9A-F]{2}.*1\/=2$/);
      assert.equal(decodeURIComponent(id!), `${sign}1/=2`);
      assert.equal(new URL(url!).pathname.split('/').map(decodeURIComponent).join('/'), `/data/${sign}1/=2`);
    }
  });

  it('is one line of seven fields for any entry', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(text.filter(isObjectId), text, async (id, filename) => {
        const fields = await fieldsOf(entry(id, { filename }));
        assert.equal(fields.length, 7);
        for (const field of fields) assert.doesNotMatch(field, /^[=+\-@"'#]|[\p{Cc}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
