// Whole exchanges over real sockets, plain and TLS: how a body is framed, what is skipped, and whether the
// connection is used again afterwards.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSelfSigned } from '../lab/origin/self-signed.ts';
import { patternBytes } from '../testing/pattern.ts';
import type { Peer } from './scripted-origin.test-double.ts';
import { readAll, readWhole, withWire } from './wire-trial.test-double.ts';

const BODY_BYTES = 300_000;
const BODY = patternBytes({ start: 0, end: BODY_BYTES });

function chunked(body: Buffer, chunkBytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += chunkBytes) {
    const chunk = body.subarray(at, at + chunkBytes);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

for (const [transport, options] of [
  ['TCP', {}],
  ['TLS', { secret: createSelfSigned() }],
] as const) {
  describe(`an exchange over ${transport}`, () => {
    test('gives the head and a body of Content-Length, and its connection is used again', async () => {
      await withWire(options, async (wire) => {
        const exchange = wire.send('GET', '/key?versionId=1');
        const peer = await wire.origin.accepted();
        assert.equal(await peer.request(), 'GET /key?versionId=1 HTTP/1.1\r\nhost: origin');
        peer.send(`HTTP/1.1 206 Partial Content\r\nContent-Length: ${BODY_BYTES}\r\nETag: "x"\r\n\r\n`, BODY);
        const head = await exchange.head;
        assert.equal(head.status, 206);
        assert.equal(head.fields.get('etag'), '"x"');
        assert.ok(BODY.equals(await readWhole(exchange)));
        assert.equal(exchange.receivedBytes, BODY_BYTES);
        assert.equal(await exchange.read(), undefined, 'the end stays the end');
        assert.equal(wire.client.idleConnections, 1);
        await wire.assertReusable(peer);
      });
    });

    for (const chunkBytes of [97, 4_096, 65_536, BODY_BYTES]) {
      test(`gives a body in chunks of ${chunkBytes}, and its connection is used again`, async () => {
        await withWire(options, async (wire) => {
          const { exchange, peer } = await wire.reach();
          peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', chunked(BODY, chunkBytes));
          assert.ok(BODY.equals(await readWhole(exchange)));
          assert.equal(exchange.receivedBytes, BODY_BYTES);
          await wire.assertReusable(peer);
        });
      });
    }

    test('gives a body that ends with its connection', async () => {
      await withWire(options, async (wire) => {
        const { exchange, peer } = await wire.reach();
        peer.send('HTTP/1.0 200 OK\r\n\r\n', BODY);
        peer.end();
        assert.ok(BODY.equals(await readWhole(exchange)));
        assert.equal(wire.client.openConnections, 0);
      });
    });

    test('gives an empty body of every framing', async () => {
      await withWire(options, async (wire) => {
        const { exchange, peer } = await wire.reach();
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        assert.equal(await exchange.read(), undefined);
        const inChunks = wire.send();
        await peer.request();
        peer.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
        assert.equal(await inChunks.read(), undefined);
        const untilClose = wire.send();
        await peer.request();
        peer.send('HTTP/1.1 200 OK\r\n\r\n');
        await untilClose.head;
        const reading = untilClose.read();
        peer.end();
        assert.equal(await reading, undefined);
        assert.equal(wire.slabs.takenCount, 0);
      });
    });

    for (const [what, method, head] of [
      ['HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n'],
      ['HEAD without a length', 'HEAD', 'HTTP/1.1 200 OK\r\n\r\n'],
      ['204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
      ['304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000000\r\n\r\n'],
    ] as const) {
      test(`has no body after ${what}, and its connection is used again`, async () => {
        await withWire(options, async (wire) => {
          const { exchange, peer } = await wire.reach(method);
          const reading = exchange.read();
          peer.send(head);
          assert.equal(await reading, undefined);
          assert.equal((await exchange.head).status, Number(head.slice(9, 12)));
          await wire.assertReusable(peer);
        });
      });
    }

    test('skips interim responses, wherever they are cut', async () => {
      await withWire(options, async (wire) => {
        const interim = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n';
        const whole = `${interim}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`;
        const { exchange, peer } = await wire.reach();
        peer.send(whole);
        assert.equal((await readWhole(exchange)).toString(), 'ok');
        for (let cut = 1; cut < whole.length; cut += 3) {
          const again = wire.send();
          await peer.request();
          await peer.sent(whole.slice(0, cut));
          peer.send(whole.slice(cut));
          assert.equal((await readWhole(again)).toString(), 'ok');
        }
      });
    });

    for (const [what, interim] of [
      ['nine interim responses', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(9)],
      ['an upgrade that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ] as const) {
      test(`fails after ${what}`, async () => {
        await withWire(options, async (wire) => {
          const { exchange, peer } = await wire.reach();
          peer.send(interim);
          await assert.rejects(exchange.head, { code: 'origin-invalid' });
          await peer.gone;
        });
      });
    }

    const spoilt: readonly (readonly [string, 'GET' | 'HEAD', string, string])[] = [
      ['the origin says close', 'GET', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok', 'ok'],
      ['the origin speaks HTTP/1.0', 'GET', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok'],
      ['more came than its length', 'GET', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!', 'ok'],
      [
        'more came than its last chunk',
        'GET',
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n!',
        'ok',
      ],
      [
        'a second response came unasked',
        'GET',
        'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
        '',
      ],
      ['a body came after HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', ''],
      ['a body came with a 304', 'GET', 'HTTP/1.1 304 Not Modified\r\n\r\nno', ''],
    ];
    for (const [why, method, response, body] of spoilt) {
      test(`is whole, but its connection is not used again when ${why}`, async () => {
        await withWire(options, async (wire) => {
          const { exchange, peer } = await wire.reach(method);
          peer.send(response);
          assert.equal((await readWhole(exchange)).toString(), body);
          assert.equal(wire.client.openConnections, 0);
          await peer.gone;
          assert.equal(wire.slabs.takenCount, 0);
        });
      });
    }

    const broken: readonly (readonly [string, string, (peer: Peer) => void, string, RegExp])[] = [
      ['a length', 'Content-Length: 100', (peer) => peer.end(), 'truncated', /95 bytes short/],
      ['a length', 'Content-Length: 100', (peer) => peer.cut(), 'truncated', /early/],
      ['chunks', 'Transfer-Encoding: chunked', (peer) => peer.end(), 'truncated', /early/],
      ['chunks', 'Transfer-Encoding: chunked', (peer) => peer.cut(), 'truncated', /early/],
      ['chunks', 'Transfer-Encoding: chunked', (peer) => peer.send('x'), 'origin-invalid', /chunk/],
    ];
    for (const [framing, field, act, code, message] of broken) {
      test(`with ${framing} gives what came before it broke, then ${code}, and goes on saying so`, async () => {
        await withWire(options, async (wire) => {
          const { exchange, peer } = await wire.reach();
          peer.send(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`, framing === 'chunks' ? '5\r\nfirst\r\n' : 'first');
          const first = await exchange.read();
          assert.equal(first?.bytes.toString(), 'first');
          const second = exchange.read();
          act(peer);
          await assert.rejects(second, { code, message });
          await assert.rejects(exchange.read(), { code, message });
          first.release();
          assert.equal(wire.client.openConnections, 0);
          await peer.gone;
        });
      });
    }

    test('that broke before anyone read still gives what had come, then the failure', async () => {
      await withWire(options, async (wire) => {
        const { exchange, peer } = await wire.reach();
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst');
        peer.end();
        await peer.gone;
        const { bytes, failure } = await readAll(exchange);
        assert.equal(bytes.toString(), 'first');
        assert.equal(failure?.code, 'truncated');
        assert.equal(failure.retryable, true);
      });
    });

    test('refuses a second read while one is pending, and serves the first', async () => {
      await withWire(options, async (wire) => {
        const { exchange, peer } = await wire.reach();
        const first = exchange.read();
        await assert.rejects(exchange.read(), { code: 'misuse' });
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        const chunk = await first;
        assert.equal(chunk?.bytes.toString(), 'ok');
        chunk.release();
      });
    });
  });
}
