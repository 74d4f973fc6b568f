// What is answered to which request, case by case. The bytes of multipart answers are in plan.property.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planResponse } from './plan.ts';
import type { Plan, Representation, RequestHead } from './plan.ts';

const ETAG = '"v1"';
const LAST_MODIFIED = new Date('2026-03-04T05:06:07Z');
const LAST_MODIFIED_FIELD = 'Wed, 04 Mar 2026 05:06:07 GMT';
const SHA256 = new Uint8Array(32).fill(7);

const OBJECT: Representation = {
  size: 1000,
  etag: ETAG,
  lastModified: LAST_MODIFIED,
  mediaType: 'image/tiff',
  filename: 'photo.tif',
  digests: { 'sha-256': SHA256 },
};

function plan(head: Partial<RequestHead> = {}, representation: Representation = OBJECT): Plan {
  return planResponse({ method: 'GET', ...head }, representation, () => 'BOUNDARY');
}

describe('planResponse()', () => {
  it('answers with the whole object, and all that is known of it', () => {
    assert.deepEqual(plan(), {
      kind: 'content',
      status: 200,
      fields: {
        'accept-ranges': 'bytes',
        etag: ETAG,
        'last-modified': LAST_MODIFIED_FIELD,
        'content-type': 'image/tiff',
        'x-content-type-options': 'nosniff',
        'content-disposition': 'attachment; filename="photo.tif"',
        'repr-digest': `sha-256=:${Buffer.from(SHA256).toString('base64')}:`,
        'content-length': '1000',
      },
      segments: [{ start: 0, end: 1000 }],
    } satisfies Plan);
  });

  it('leaves out what is not known', () => {
    const { fields } = plan({}, { size: 3, etag: ETAG });
    assert.deepEqual(fields, {
      'accept-ranges': 'bytes',
      etag: ETAG,
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
      'content-length': '3',
    });
  });

  it('answers HEAD as it would GET, less the content', () => {
    for (const head of [{}, { ifNoneMatch: '"other"' }, { wantReprDigest: 'sha-512=1' }]) {
      const forHead = plan({ ...head, method: 'HEAD' });
      const forGet = plan(head);
      assert.equal(forHead.kind, 'head');
      assert.deepEqual([forHead.status, forHead.fields], [forGet.kind === 'content' && forGet.status, forGet.fields]);
    }
    for (const head of [{ ifMatch: '"other"' }, { ifNoneMatch: ETAG }, { ifModifiedSince: LAST_MODIFIED_FIELD }]) {
      assert.deepEqual(plan({ ...head, method: 'HEAD' }), plan(head));
    }
  });

  it('ignores Range for HEAD, for which no ranges are defined', () => {
    assert.deepEqual(plan({ method: 'HEAD', range: 'bytes=0-9' }), plan({ method: 'HEAD' }));
    assert.deepEqual(plan({ method: 'HEAD', range: 'bytes=5000-' }), plan({ method: 'HEAD' }));
  });

  for (const [range, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=0-', 0, 1000],
    ['bytes=10-19', 10, 20],
    ['bytes=990-5000', 990, 1000],
    ['bytes=-10', 990, 1000],
    ['bytes=-5000', 0, 1000],
    ['bytes=2000-, 5-6', 5, 7],
  ] as const) {
    it(`answers ${range} with that one range`, () => {
      const planned = plan({ range });
      assert.equal(planned.kind, 'content');
      assert.deepEqual(planned.kind === 'content' && planned.segments, [{ start, end }]);
      const { 'content-range': contentRange, 'content-length': contentLength, ...others } = planned.fields;
      assert.deepEqual(
        [planned.status, contentRange, contentLength],
        [206, `bytes ${start}-${end - 1}/1000`, String(end - start)],
      );
      const { 'content-length': _whole, ...ofWhole } = plan().fields;
      assert.deepEqual(others, ofWhole, 'all other fields are those of the whole object');
    });
  }

  for (const range of ['', 'bytes', 'bytes=', 'bytes=a-b', 'bytes=5-2', 'items=0-1', 'bytes=0-1;2-3']) {
    it(`ignores a malformed Range: "${range}"`, () => {
      assert.deepEqual(plan({ range }), plan());
    });
  }

  for (const range of ['bytes=1000-', 'bytes=-0', 'bytes=0-9,0-9,0-9', 'bytes=99999999999999999999-']) {
    it(`refuses ${range} and says how long the object is`, () => {
      const { kind, status, fields } = plan({ range });
      assert.deepEqual([kind, status], ['problem', 416]);
      assert.deepEqual(fields, {
        etag: ETAG,
        'last-modified': LAST_MODIFIED_FIELD,
        'content-range': 'bytes */1000',
        'accept-ranges': 'bytes',
      });
    });
  }

  it('answers several ranges with a multipart body, which has the media type in its parts', () => {
    const planned = plan({ range: 'bytes=0-1,-1' });
    assert.equal(planned.kind, 'content');
    const { fields, segments, status } = planned;
    assert.equal(status, 206);
    assert.equal(fields['content-type'], 'multipart/byteranges; boundary=BOUNDARY');
    assert.equal(fields['content-range'], undefined);
    assert.deepEqual([fields['etag'], fields['repr-digest']], [ETAG, plan().fields['repr-digest']]);
    const texts = segments.map((part) => (part instanceof Uint8Array ? Buffer.from(part).toString() : part));
    assert.deepEqual(texts, [
      '--BOUNDARY\r\nContent-Type: image/tiff\r\nContent-Range: bytes 0-1/1000\r\n\r\n',
      { start: 0, end: 2 },
      '\r\n--BOUNDARY\r\nContent-Type: image/tiff\r\nContent-Range: bytes 999-999/1000\r\n\r\n',
      { start: 999, end: 1000 },
      '\r\n--BOUNDARY--\r\n',
    ]);
  });

  it('has nothing to send of an empty object, and no range of it', () => {
    const empty = { size: 0, etag: ETAG };
    const planned = plan({}, empty);
    assert.deepEqual(planned.kind === 'content' && [planned.status, planned.segments], [200, []]);
    assert.equal(planned.fields['content-length'], '0');
    assert.deepEqual(plan({ range: 'bytes=-5' }, empty), planned);
    assert.equal(plan({ range: 'bytes=0-' }, empty).status, 416);
  });

  it('refuses what was asked of another version, and tells of the one there is', () => {
    for (const head of [{ ifMatch: '"other"' }, { ifUnmodifiedSince: 'Wed, 04 Mar 2026 05:06:06 GMT' }]) {
      const { kind, status, fields } = plan({ ...head, range: 'bytes=0-1' });
      assert.deepEqual([kind, status], ['problem', 412]);
      assert.deepEqual(fields, { etag: ETAG, 'last-modified': LAST_MODIFIED_FIELD });
    }
  });

  it('says that nothing has changed since, and no more', () => {
    for (const head of [{ ifNoneMatch: `"x", ${ETAG}` }, { ifNoneMatch: `W/${ETAG}` }, { ifNoneMatch: '*' }]) {
      const fields = { etag: ETAG, 'last-modified': LAST_MODIFIED_FIELD };
      assert.deepEqual(plan({ ...head, range: 'bytes=0-1' }), { kind: 'head', status: 304, fields });
    }
  });

  it('gives the range only of the version that If-Range names by a strong tag', () => {
    assert.equal(plan({ range: 'bytes=0-1', ifRange: ETAG }).status, 206);
    for (const ifRange of ['"other"', `W/${ETAG}`, LAST_MODIFIED_FIELD, 'rubbish']) {
      assert.deepEqual(plan({ range: 'bytes=0-1', ifRange }), plan(), ifRange);
    }
  });

  it('sends the digest that is wanted, and none that is not', () => {
    const representation = { ...OBJECT, digests: { 'sha-256': SHA256, 'sha-512': SHA256, md5: SHA256 } };
    const digestsFor = (wantReprDigest?: string) =>
      plan({ wantReprDigest }, representation)
        .fields['repr-digest']?.split(', ')
        .map((member) => member.split('=')[0]);
    assert.deepEqual(digestsFor(), ['sha-256', 'sha-512']);
    assert.deepEqual(digestsFor('sha-512=10'), ['sha-512']);
    assert.deepEqual(digestsFor('md5=1, sha-256=2'), ['sha-256', 'md5']);
    assert.equal(digestsFor('crc32c=1'), undefined);
    assert.deepEqual(digestsFor('not a dictionary'), ['sha-256', 'sha-512']);
    assert.deepEqual(digestsFor(), ['sha-256', 'sha-512'], 'what one client wants is nothing to the next');
  });

  it('does not pass on a media type that is none, nor a name that would be a field of its own', () => {
    const { fields } = plan({}, { size: 1, etag: ETAG, mediaType: 'text/html\r\nx: y', filename: 'a"b\r\nx: y.txt' });
    assert.equal(fields['content-type'], 'application/octet-stream');
    assert.doesNotMatch(fields['content-disposition'] ?? '', /[\r\n]/);
  });
});
