// s3rver, a small S3 server in JavaScript from npm: it keeps objects as files, checks little, and answers some
// requests wrongly, which makes it a fine hostile origin.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findFreePorts } from '../ports.ts';
import { probe } from '../server.ts';
import type { ServerKind } from '../server.ts';

const READY_MS = 20_000;

export const s3rver: ServerKind = {
  name: 's3rver',
  title: 's3rver',
  packages: [],
  programs: [],
  async start({ folder, children }) {
    const [port] = await findFreePorts(1);
    const main = join(dirname(createRequire(import.meta.url).resolve('s3rver/package.json')), 'bin', 's3rver.js');
    const args = [main, '--directory', join(folder, 'objects'), '--address', '127.0.0.1', '--port', String(port)];
    // Its tokens to go on with a listing are made with a cipher that OpenSSL has retired.
    children.start('s3rver', { program: process.execPath, args: ['--openssl-legacy-provider', ...args] });
    const endpoint = `http://127.0.0.1:${port}`;
    await children.untilReady(async () => (await probe(endpoint)) !== undefined, READY_MS);
    return {
      name: 's3rver',
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
      overwritesInPlace: true,
    };
  },
};
