// A Fastify application that sends objects of an S3 bucket to whoever has its token.
//
// To try it in a checkout, give these two commands, each in a terminal of its own:
//
//   AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=lab node bin/sluice.js lab origin
//   AWS_ACCESS_KEY_ID=lab AWS_SECRET_ACCESS_KEY=lab TOKEN=sesame npx node --conditions=source examples/fastify.ts
//
// It prints what to ask it. In a project of your own, where sluice is installed, leave out `--conditions=source`.
import { createHash, timingSafeEqual } from 'node:crypto';
import Fastify from 'fastify';
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
const app = Fastify();

app.addHook('onRequest', async (request, reply) => {
  if (timingSafeEqual(sha256(request.headers.authorization ?? ''), wanted)) return;
  await reply.code(401).header('www-authenticate', 'Bearer').send();
});

// A route for GET answers HEAD as well.
app.get<{ Params: { '*': string } }>('/objects/*', async ({ raw, params }, reply) => {
  // From here on the response is ours and no longer Fastify's: it sends none of its own fields, and runs no hooks.
  reply.hijack();
  const object = { bucket: S3_BUCKET, key: params['*'] };
  const transfer = await sendObject(raw, reply.raw, { source, object, signal: stop.signal });
  const { outcome, status = 'no answer', deliveredBytes } = transfer;
  console.log(`${raw.method} ${raw.url}: ${status}, ${outcome}, ${deliveredBytes} bytes`);
});

const url = await app.listen({ host: '127.0.0.1', port: Number(PORT) });
console.log(`curl -s -H "Authorization: Bearer $TOKEN" ${url}/objects/big | head -c 10 | od -t x1`);

process.once('SIGTERM', () => {
  stop.abort();
  void app.close().then(() => source.close());
});
