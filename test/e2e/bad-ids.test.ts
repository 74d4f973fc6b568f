// Ids that no object can have, in every spelling that something on the way might read otherwise: a clear refusal, and
// never another object. Over bare sockets, since any client library would have cleaned them up.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openRawClient } from './raw-client.ts';
import { startWorld, within } from './world.ts';

/** What the ids below would come to, were they read another way. */
const OBJECTS = ['a', 'a/b', 'secret', 'etc/passwd', 'x/secret', 'data/secret'];

const BAD_IDS: readonly (readonly [string, string])[] = [
  ['no id', ''],
  ['no id but a query', '?secret'],
  ['a parent', '..'],
  ['a parent on the way', 'x/../secret'],
  ['a parent first', '../data/secret'],
  ['parents out of everything', '../../../../etc/passwd'],
  ['an encoded parent', '%2e%2e/data/secret'],
  ['an encoded parent on the way', 'x/%2e%2e/secret'],
  ['half of a parent encoded', 'x/.%2E/secret'],
  ['a parent after an encoded slash', 'x%2f..%2fsecret'],
  ['a parent encoded with its slashes', '%2e%2e%2fsecret'],
  ['a dot', './secret'],
  ['an encoded dot', 'a/%2e/b'],
  ['a dot at the end', 'secret/.'],
  ['a parent between backslashes', 'x\\..\\secret'],
  ['a backslash', 'a\\b'],
  ['an encoded backslash', 'a%5cb'],
  ['a backslash first', '%5csecret'],
  ['two slashes', 'a//b'],
  ['a slash first', '/secret'],
  ['an encoded slash first', '%2fsecret'],
  ['an encoded slash after a slash', 'a/%2fb'],
  ['a slash at the end', 'secret/'],
  ['an encoded slash at the end', 'secret%2f'],
  ['only slashes', '//'],
  ['a NUL', 'secret%00'],
  ['a NUL before an extension', 'secret%00.txt'],
  ['a line end', 'secret%0d%0aX:%20y'],
  ['a line feed', 'secret%0a'],
  ['a tabulator', 'a%09b'],
  ['a DEL', 'secret%7f'],
  ['a C1 control character', 'a%c2%85b'],
  ['a line separator', 'a%e2%80%a8b'],
  ['a byte that is never UTF-8', 'secret%ff'],
  ['two bytes that are no UTF-8', 'a%c3%28'],
  ['half of a character', 'a%c3'],
  ['an overlong slash', 'a%c0%afb'],
  ['an overlong dot', '%c0%ae%c0%ae/secret'],
  ['a surrogate', 'a%ed%a0%80'],
  ['more than Unicode has', 'a%f4%90%80%80'],
  ['a percent sign alone', 'secret%'],
  ['half of an encoded byte', 'secret%0'],
  ['no hexadecimal digits', 'secret%zz'],
  ['1025 bytes', 'a'.repeat(1025)],
  ['1025 bytes in two-byte characters', `a${'%c3%bc'.repeat(512)}`],
  ['10 KB', 'a'.repeat(10_240)],
  ['10 KB of encoded bytes', '%61'.repeat(3413)],
  ['10 KB of slashes', '/'.repeat(10_240)],
  ['10 KB of parents', '../'.repeat(3413)],
  ['10 KB of percent signs', '%'.repeat(10_240)],
  ['a fragment', 'secret#x'],
  ['a raw byte that is no ASCII', 'a\xff'],
  ['a raw NUL', 'secret\0'],
  ['a raw space', 'secret x'],
];

/** Ids that are in order, but name nothing: encoded twice, they are themselves and are not read twice. */
const UNKNOWN_IDS = ['%252e%252e%252fsecret', 'a%252fb', 'SECRET', 'secret%20', '%20secret', 'secret;x', '...', 'a&b'];

const world = await startWorld({ objects: OBJECTS.map((id, seed) => ({ id, seed, size: 5_000 })) });

describe('an id that no object can have', () => {
  after(() => world.close());

  for (const [what, id] of BAD_IDS) {
    it(`is refused: ${what}`, () => assertRefused(id, 400));
  }

  for (const id of UNKNOWN_IDS) {
    it(`is not found: ${id}`, () => assertRefused(id, 404));
  }

  it('never got as far as the store', async () => {
    assert.equal(world.origin.meter.read().totals.requests, 0);
    const client = await openRawClient(world.gateway);
    for (const id of ['a/b', 'a%2Fb', '%61/%62', 'a/b?x=../secret']) {
      client.write(`GET /data/${id} HTTP/1.1\r\nHost: test\r\n\r\n`);
      assert.equal((await within(client.answer(), 'the object')).status, 200);
    }
    client.close();
    assert.deepEqual(new Set(world.origin.meter.read().requests.map(({ key }) => key)), new Set(['a/b']));
  });
});

async function assertRefused(id: string, expected: number): Promise<void> {
  for (const method of ['GET', 'HEAD']) {
    const client = await openRawClient(world.gateway);
    client.write(`${method} /data/${id} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n`);
    // What is no request at all is answered as if it were a GET.
    const { status, fields } = await within(client.answer('HEAD'), 'the answer');
    assert.deepEqual([status, fields['content-type']], [expected, 'application/problem+json']);
    await within(client.ended, 'the end of the connection');
    const content = client.unasked;
    if (content !== '') assert.equal((JSON.parse(content) as { status: number }).status, expected);
    assert.ok(content !== '' || method === 'HEAD', 'a GET is told why');
    client.close();
  }
}
