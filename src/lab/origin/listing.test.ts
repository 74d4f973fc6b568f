import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import fc from 'fast-check';

import { parseTarget } from './aws-uri.ts';
import { parseListRequest, planListPage, toListElement } from './listing.ts';
import type { ListRequest } from './listing.ts';
import type { ObjectSummary } from './stored-object.ts';
import { formatXml } from './xml.ts';

const ALL: ListRequest = {
  prefix: '',
  delimiter: '',
  maxKeys: 1000,
  startAfter: '',
  continuationToken: undefined,
  encodingType: undefined,
};

function toObjects(keys: readonly string[]): readonly ObjectSummary[] {
  const sorted = [...new Set(keys)].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return sorted.map((key) => ({ key, size: 1, etag: '"e"', lastModified: new Date(0) }));
}

/** Every page after the other, as a client follows the tokens. */
function listAll(objects: readonly ObjectSummary[], request: ListRequest): { keys: string[]; prefixes: string[] } {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let continuationToken: string | undefined;
  do {
    const page = planListPage(objects, { ...request, continuationToken });
    assert.ok(page.contents.length + page.commonPrefixes.length <= request.maxKeys);
    keys.push(...page.contents.map(({ key }) => key));
    prefixes.push(...page.commonPrefixes);
    continuationToken = page.nextContinuationToken;
  } while (continuationToken !== undefined);
  return { keys, prefixes };
}

function requestOf(query: string): ListRequest {
  return parseListRequest(parseTarget(`/b?${query}`)?.query ?? assert.fail('the target is malformed'));
}

describe('a listing', () => {
  it('gives each key and each common prefix once, whatever the size of the pages', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é', '😀'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.array(key),
        fc.constantFrom('', 'a', 'a/', '/'),
        fc.constantFrom('', '/', 'b/'),
        fc.integer({ min: 1, max: 4 }),
        (keys, prefix, delimiter, maxKeys) => {
          const objects = toObjects(keys);
          const matching = objects.map((object) => object.key).filter((name) => name.startsWith(prefix));
          const cut = (name: string): number => (delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length));
          const expected = {
            keys: matching.filter((name) => cut(name) < 0),
            prefixes: [
              ...new Set(
                matching.filter((name) => cut(name) >= 0).map((name) => name.slice(0, cut(name) + delimiter.length)),
              ),
            ],
          };
          assert.deepEqual(listAll(objects, { ...ALL, prefix, delimiter, maxKeys }), expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('begins after a key, there or not', () => {
    const objects = toObjects(['a', 'b', 'c', 'd']);
    assert.deepEqual(listAll(objects, { ...ALL, startAfter: 'b', maxKeys: 1 }).keys, ['c', 'd']);
    assert.deepEqual(listAll(objects, { ...ALL, startAfter: 'bb' }).keys, ['c', 'd']);
  });

  it('goes on where it was when objects come and go between the pages', () => {
    const page = planListPage(toObjects(['a', 'b', 'c']), { ...ALL, maxKeys: 2 });
    const next = { ...ALL, continuationToken: page.nextContinuationToken };
    assert.deepEqual(
      planListPage(toObjects(['aa', 'c', 'd']), next).contents.map(({ key }) => key),
      ['c', 'd'],
    );
  });

  it('may ask for nothing', () => {
    const page = planListPage(toObjects(['a']), { ...ALL, maxKeys: 0 });
    assert.deepEqual(page, { contents: [], commonPrefixes: [], nextContinuationToken: undefined });
  });

  it('reads its query, and refuses what S3 refuses', () => {
    assert.deepEqual(requestOf('list-type=2'), ALL);
    assert.equal(requestOf('max-keys=5000').maxKeys, 1000);
    assert.deepEqual(requestOf('prefix=a%2Fb+c&delimiter=%2F&encoding-type=url&start-after=x'), {
      ...ALL,
      prefix: 'a/b c',
      delimiter: '/',
      encodingType: 'url',
      startAfter: 'x',
    });
    for (const query of ['max-keys=-1', 'max-keys=x', 'max-keys=', 'encoding-type=base64']) {
      assert.throws(() => requestOf(query), { code: 'InvalidArgument' }, query);
    }
    const badToken = { ...ALL, continuationToken: '***' };
    assert.throws(() => planListPage([], badToken), { code: 'InvalidArgument' });
  });

  it('encodes keys on request, so that XML can carry all of them', () => {
    const objects = toObjects(['a\u0001b+c d/é&']);
    const write = (request: ListRequest): string =>
      formatXml(toListElement('b', request, planListPage(objects, request)));
    assert.match(write({ ...ALL, encodingType: 'url' }), /<Key>a%01b%2Bc%20d\/%C3%A9%26<\/Key>/);
    assert.match(write(ALL), /<Key>a&#x1;b\+c d\/é&amp;<\/Key>/);
    assert.match(
      write({ ...ALL, delimiter: '/' }),
      /<CommonPrefixes><Prefix>a&#x1;b\+c d\/<\/Prefix><\/CommonPrefixes>/,
    );
  });
});
