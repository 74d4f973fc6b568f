// A plain `node:http` server that sends objects of an S3 bucket to whoever has its token.
//
// To try it in a checkout, give these two commands, each in a terminal of its own:
//
//   AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=lab node bin/sluice.js lab origin
//   AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=lab TOKEN=sesame npx node --conditions=source examples/node-http.ts
//
// It prints what to ask it. In a project of your own, where sluice is installed, leave out `--conditions=source`.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SlabPool, createS3Source, hedged, resumed, sendObject } from 'sluice';

const {
  TOKEN,
  PORT = '3000',
  S3_ENDPOINT = 'http://127.0.0.1:9000',
  S3_REGION = 'us-east-1',
  S3_BUCKET = 'lab',
} = process.env;
if (!TOKEN) throw new Error('set TOKEN to what clients must send as their bearer token');

/** The credentials come from AWS's usual chain: the environment, a profile, the role of a container or an instance. */
const s3 = createS3Source({ endpoint: S3_ENDPOINT, region: S3_REGION, slabs: new SlabPool() });
/** Asks twice for what is slow, and again for the rest of what broke. */
const source = resumed(hedged(s3));

/** Hashes are of one length and tell nothing of how much of a guess was right. */
const sha256 = (text: string) => createHash('sha256').update(text).digest();
const wanted = sha256(`Bearer ${TOKEN}`);
const isAllowed = ({ headers }: IncomingMessage) => timingSafeEqual(sha256(headers.authorization ?? ''), wanted);

/** `/objects/{key}`, percent-encoded, with or without a query. */
function toKey(url = ''): string | undefined {
  const [, encoded = ''] = /^\/objects\/([^?]+)/.exec(url) ?? [];
  try {
    return decodeURIComponent(encoded) || undefined;
  } catch {
    return undefined;
  }
}

const stop = new AbortController();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const key = toKey(request.url);
  if (!isAllowed(request)) {
    response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
  } else if (key === undefined) {
    response.writeHead(404).end();
  } else {
    // It answers GET and HEAD with all that belongs to them, and refuses other methods. It never rejects.
    const object = { bucket: S3_BUCKET, key };
    const transfer = await sendObject(request, response, { source, object, signal: stop.signal });
    const { outcome, status = 'no answer', deliveredBytes } = transfer;
    console.log(`${request.method} ${request.url}: ${status}, ${outcome}, ${deliveredBytes} bytes`);
  }
}

const server = createServer((request, response) => void answer(request, response));
server.listen(Number(PORT), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/objects`;
  console.log(`curl -s -H "Authorization: Bearer $TOKEN" ${url}/big | head -c 10 | od -t x1`);
});

process.once('SIGTERM', () => {
  stop.abort();
  server.close(() => source.close());
});
