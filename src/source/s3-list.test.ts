// Pages of a listing as the servers write them: encoded or not, one object or many, whole or cut short.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { percentEncode } from './s3-address.ts';
import { parseListPage, toListQuery } from './s3-list.ts';

type Item = { readonly key: string; readonly size?: string; readonly etag?: string; readonly modified?: string };

function toItem({ key, size = '5', etag = '&quot;e&quot;', modified = '2026-01-02T03:04:05.678Z' }: Item): string {
  return `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>${etag}</ETag><LastModified>${modified}</LastModified></Contents>`;
}

function toPage(items: readonly Item[], rest = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>lab</Name>${rest}${items.map(toItem).join('')}</ListBucketResult>`;
}

const ENCODED = '<EncodingType>url</EncodingType>';

function keysOf(text: string): readonly string[] {
  return parseListPage(text).objects.map(({ key }) => key);
}

describe('toListQuery()', () => {
  test('asks for version 2, with keys encoded', () => {
    assert.deepEqual(toListQuery('', {}), { 'list-type': '2', 'encoding-type': 'url' });
  });

  test('has the prefix and the way to go on where there are such', () => {
    const query = { 'list-type': '2', 'encoding-type': 'url', prefix: 'a/', 'continuation-token': 't=' };
    assert.deepEqual(toListQuery('a/', { after: 'a/b', continuationToken: 't=' }), query);
  });

  test('begins after a key', () => {
    const query = { 'list-type': '2', 'encoding-type': 'url', 'start-after': 'a' };
    assert.deepEqual(toListQuery('', { after: 'a' }), query);
  });
});

describe('parseListPage()', () => {
  test('an object has its key, size, ETag and time', () => {
    assert.deepEqual(parseListPage(toPage([{ key: 'k' }])), {
      objects: [{ key: 'k', size: 5, etag: '"e"', lastModified: new Date('2026-01-02T03:04:05.678Z') }],
    });
  });

  test('none, one and several objects are a list each', () => {
    assert.deepEqual(keysOf(toPage([])), []);
    assert.deepEqual(keysOf(toPage([{ key: 'a' }])), ['a']);
    assert.deepEqual(keysOf(toPage([{ key: 'a' }, { key: 'b' }])), ['a', 'b']);
  });

  test('keys that look like numbers or have spaces around them stay as they are', () => {
    assert.deepEqual(keysOf(toPage([{ key: '007' }, { key: ' a ' }, { key: '1e3' }])), ['007', ' a ', '1e3']);
  });

  test('keys are decoded only where the server says that it has encoded them', () => {
    assert.deepEqual(keysOf(toPage([{ key: 'a%2Bb+c%20d' }], ENCODED)), ['a+b c d']);
    assert.deepEqual(keysOf(toPage([{ key: 'a%2Bb+c' }])), ['a%2Bb+c']);
    assert.deepEqual(keysOf(toPage([{ key: 'a&amp;b&lt;c&gt;' }])), ['a&b<c>']);
  });

  test('whatever the key, encoded it comes through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }), (key) => {
        assert.deepEqual(keysOf(toPage([{ key: percentEncode(key) }], ENCODED)), [key]);
      }),
    );
  });

  test('an ETag without quotes gets them; a weak or a missing one stays what it is', () => {
    const etags = ['abc', '&quot;abc&quot;', '&#34;abc&#x22;', '"abc-3"', 'W/"abc"', ''].map((etag) => ({
      key: 'k',
      etag,
    }));
    assert.deepEqual(
      parseListPage(toPage(etags)).objects.map(({ etag }) => etag),
      ['"abc"', '"abc"', '"abc"', '"abc-3"', 'W/"abc"', ''],
    );
  });

  test('the size of the parts is guessed from size and ETag, where that is certain enough', () => {
    const etag = '0123456789abcdef0123456789abcdef-20';
    const page = toPage([
      { key: 'parts', size: String(20 * (8 << 20)), etag },
      { key: 'unclear', size: String(3 << 20), etag },
    ]);
    assert.deepEqual(
      parseListPage(page).objects.map(({ partBytes }) => partBytes),
      [8 << 20, undefined],
    );
  });

  test('a time that is none is left out', () => {
    assert.ok(!('lastModified' in parseListPage(toPage([{ key: 'k', modified: 'soon' }])).objects[0]!));
  });

  test('a page that is cut short has the way to go on, one that is not has none', () => {
    const token = '<NextContinuationToken>t=/+</NextContinuationToken>';
    const cut = parseListPage(toPage([{ key: 'k' }], `<IsTruncated>true</IsTruncated>${token}`));
    assert.equal(cut.continuationToken, 't=/+');
    const whole = parseListPage(toPage([{ key: 'k' }], `<IsTruncated>false</IsTruncated>${token}`));
    assert.ok(!('continuationToken' in whole));
  });

  test('a page that is cut short and says no way to go on is refused: half a bucket is not the bucket', () => {
    assert.throws(() => parseListPage(toPage([{ key: 'k' }], '<IsTruncated>true</IsTruncated>')), {
      code: 'origin-invalid',
    });
  });

  for (const text of ['', 'Hello', '<html><body>Sign in</body></html>', '{"a":1}', '<Error><Code>x</Code></Error>']) {
    test(`${JSON.stringify(text)} is no listing, and not an empty one either`, () => {
      assert.throws(() => parseListPage(text), { code: 'origin-invalid' });
    });
  }

  test('an object without a key, or with a size that is none, is refused', () => {
    for (const item of [{ key: '' }, { key: 'k', size: '' }, { key: 'k', size: '-1' }, { key: 'k', size: '1.5' }]) {
      assert.throws(() => parseListPage(toPage([item])), { code: 'origin-invalid' });
    }
    assert.throws(() => parseListPage('<ListBucketResult><Contents>x</Contents></ListBucketResult>'), {
      code: 'origin-invalid',
    });
  });

  test('a key that says it is encoded and is not is refused', () => {
    assert.throws(() => parseListPage(toPage([{ key: '%zz' }], ENCODED)), { code: 'origin-invalid' });
  });
});
