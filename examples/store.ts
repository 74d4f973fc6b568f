// The examples' store, from the environment. The defaults fit `sluice lab origin`.
import { SlabPool, createS3Source } from 'sluice';

/** Credentials come from AWS's chain: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, a role. */
export const source = createS3Source({
  endpoint: process.env['S3_ENDPOINT'] ?? 'http://127.0.0.1:9000',
  region: process.env['S3_REGION'] ?? 'us-east-1',
  slabs: new SlabPool(),
});

export const bucket = process.env['S3_BUCKET'] ?? 'lab';

export const port = Number(process.env['PORT'] ?? 3000);
