// An Express application that sends objects of an S3 bucket to whoever has its token.
//
// To try it in a checkout, give these two commands, each in a terminal of its own:
//
//   AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=lab node bin/sluice.js lab origin
//   AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=lab TOKEN=sesame npx node --conditions=source examples/express.ts
//
// It prints what to ask it. In a project of your own, where sluice is installed, leave out `--conditions=source`.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Request, Response } from 'express';
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

const stop = new AbortController();
const app = express();

app.use((request, response, next) => {
  if (timingSafeEqual(sha256(request.headers.authorization ?? ''), wanted)) next();
  else response.status(401).set('www-authenticate', 'Bearer').end();
});

async function send(key: string, request: Request, response: Response): Promise<void> {
  const object = { bucket: S3_BUCKET, key };
  // It ends the response in every case, and never rejects.
  const transfer = await sendObject(request, response, { source, object, signal: stop.signal });
  const { outcome, status = 'no answer', deliveredBytes } = transfer;
  console.log(`${request.method} ${request.url}: ${status}, ${outcome}, ${deliveredBytes} bytes`);
}

// A route for GET answers HEAD as well. The segments of the key come decoded.
app.get('/objects/*key', (request, response) => {
  void send(request.params.key.join('/'), request, response);
});

const server = app.listen(Number(PORT), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/objects`;
  console.log(`curl -s -H "Authorization: Bearer $TOKEN" ${url}/big | head -c 10 | od -t x1`);
});

process.once('SIGTERM', () => {
  stop.abort();
  server.close(() => source.close());
});
