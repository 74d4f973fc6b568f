import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FakeClock } from '../clock.test-double.ts';
import { fetchDocument } from './fetch-document.ts';
import { Issuer } from './issuer.test-double.ts';

describe('a document of an issuer', () => {
  let issuer: Issuer;
  let clock: FakeClock;
  const fetch = () => fetchDocument(new URL(`${issuer.url}/keys?x=secret`), { timeoutMs: 5000, maxBytes: 1000, clock });
  const answer = (text: string) => (response: ServerResponse) => void response.end(text);
  beforeEach(async () => {
    clock = new FakeClock();
    issuer = await Issuer.start();
  });
  afterEach(async () => {
    assert.equal(clock.alarmCount, 0);
    await issuer.close();
  });

  it('is fetched', async () => {
    issuer.fault = answer('{"keys":[]}');
    assert.deepEqual(await fetch(), { keys: [] });
  });

  const faults: Readonly<Record<string, (response: ServerResponse) => void>> = {
    'is no JSON': answer('<html>'),
    'is too long': answer(' '.repeat(1001)),
    'ends too early': (response) => {
      response.writeHead(200, { 'content-length': '10' }).write('{');
      setImmediate(() => response.destroy());
    },
    'is a failure': (response) => void response.writeHead(503).end('{}'),
    'is elsewhere': (response) => void response.writeHead(302, { location: '/other' }).end(),
    'is no HTTP': (response) => void response.socket?.end('SSH-2.0-OpenSSH_9\r\n'),
    'never comes': (response) => void response.destroy(),
  };
  for (const [what, fault] of Object.entries(faults)) {
    it(`that ${what} is unavailable`, async () => {
      issuer.fault = fault;
      const isUnavailable = (error: Error & { code?: string }) =>
        error.code === 'unavailable' && !error.message.includes('secret');
      await assert.rejects(fetch(), isUnavailable);
      assert.deepEqual(issuer.asked, ['/keys?x=secret'], 'asked once');
    });
  }

  it('is waited for so long and no longer, however slowly it comes', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    issuer.fault = (response) => {
      response.writeHead(200).write('{');
      resolve();
    };
    const late = assert.rejects(fetch(), { code: 'unavailable', message: /longer than 5000 ms/ });
    await asked;
    await clock.advance(5000);
    await late;
  });
});
