// The server that the runner has started for a suite, and how large its objects are to be.
import type { S3Server } from './server.ts';
import { createS3Source } from '../../src/source/s3.ts';
import type { S3Source } from '../../src/source/s3.ts';
import type { SlabPool } from '../../src/wire/slab-pool.ts';

/** The name of the environment variable that a suite is told by. */
export const GIVEN_VARIABLE = 'SLUICE_S3_SERVER';

export type Given = {
  readonly server: S3Server;
  /** Of the objects that are uploaded and read whole, in bytes. */
  readonly sizes: readonly number[];
};

/** Throws unless the runner has started this process. */
export function readGiven(): Given {
  const text = process.env[GIVEN_VARIABLE];
  if (text === undefined) throw new Error('a suite is started by run.ts, which has a server for it: npm run test:s3');
  return JSON.parse(text) as Given;
}

/** A source in front of it, directly or by way of `endpoint`. */
export function openSource(
  { server }: Given,
  options: { readonly slabs: SlabPool; readonly endpoint?: string },
): S3Source {
  const { endpoint, region, credentials } = server;
  return createS3Source({ endpoint, region, credentials, ...options });
}
