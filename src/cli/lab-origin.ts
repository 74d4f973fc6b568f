// `sluice lab origin`: runs the embedded origin until it is told to end, and prints what to try on it.

import { Command, Option } from 'commander';
import { once } from 'node:events';

import { SluiceError } from '../errors.ts';
import { parseObjectFlag } from '../lab/origin/object-flag.ts';
import { startOrigin } from '../lab/origin/origin.ts';
import type { Origin } from '../lab/origin/origin.ts';
import type { Credentials } from '../lab/origin/signature.ts';
import type { SyntheticSpec } from '../lab/origin/synthetic-object.ts';
import { interruptible } from './interrupt.ts';
import { print } from './output.ts';
import { parsePort } from './port.ts';

type Flags = {
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly bucket: string;
  readonly object?: readonly SyntheticSpec[];
  readonly folder?: string;
  readonly accessKey?: string;
  /** Commander's name for the absence of `--no-auth`. */
  readonly auth: boolean;
  readonly json?: true;
};

/** What is served when nobody says what: one object for each thing to try. */
const SAMPLE_OBJECTS: readonly SyntheticSpec[] = [
  { key: 'small', size: 1 << 20 },
  { key: 'big', size: 100 * 2 ** 30 },
  { key: 'parts', size: 10 * 2 ** 30, partSizeBytes: 64 << 20 },
];

export function labOriginCommand(): Command {
  return new Command('origin')
    .description('run an S3-compatible server of synthetic objects, with a meter and with faults on request')
    .addOption(
      new Option('--port <port>', 'port to listen on; 0 for any that is free').default(9000).argParser(parsePort),
    )
    .option('--host <host>', 'address to listen on; its meter and faults ask for no signature', '127.0.0.1')
    .option('--region <region>', 'region that signatures must name', 'us-east-1')
    .option('--bucket <name>', 'name of the bucket', 'lab')
    .option('--object <KEY=SIZE[:PARTSIZE]>', 'synthetic object, like big=100GiB; may be repeated', collectObject)
    .option('--folder <dir>', 'folder whose files are objects too')
    .addOption(
      new Option('--access-key <id>', 'access key id; its secret is AWS_SECRET_ACCESS_KEY').env('AWS_ACCESS_KEY_ID'),
    )
    .option('--no-auth', 'answer unsigned requests')
    .option('--json', 'print one line of JSON when ready: url, meter, pid')
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const { host, port, region, bucket, folder, json } = flags;
  const objects = flags.object ?? (folder === undefined ? SAMPLE_OBJECTS : []);
  const credentials = readCredentials(flags);
  await interruptible(async (signal) => {
    const origin = await startOrigin({ host, port, region, credentials, buckets: { [bucket]: { objects, folder } } });
    const lines = json
      ? [JSON.stringify({ url: origin.url, meter: origin.meterUrl, pid: process.pid })]
      : describe(origin, { ...flags, objects, signed: credentials !== undefined });
    await print(`${lines.join('\n')}\n`);
    if (!signal.aborted) await once(signal, 'abort');
    await origin.close();
  });
}

/** The secret comes from the environment alone: a command line is there for every user of the machine to read. */
function readCredentials({ auth, accessKey }: Flags): Credentials | undefined {
  if (!auth) return undefined;
  const secretAccessKey = process.env['AWS_SECRET_ACCESS_KEY'];
  if (!accessKey || !secretAccessKey) {
    const wish = 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to anything, or say --no-auth';
    throw new SluiceError('bad-input', `the origin needs the keys that requests are signed with: ${wish}`);
  }
  const sessionToken = process.env['AWS_SESSION_TOKEN'];
  return { accessKeyId: accessKey, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

type Served = Flags & { readonly objects: readonly SyntheticSpec[]; readonly signed: boolean };

function describe(origin: Origin, { region, bucket, objects, folder, accessKey, signed }: Served): readonly string[] {
  // S3 wants the hash of the body among the headers, and not every curl with --aws-sigv4 sends it.
  const sign = signed
    ? ` --aws-sigv4 aws:amz:${region}:s3 --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"` +
      ' -H x-amz-content-sha256:UNSIGNED-PAYLOAD'
    : '';
  const first = objects[0]?.key ?? 'KEY';
  const url = `${origin.url}/${bucket}/${first.split('/').map(encodeURIComponent).join('/')}`;
  return [
    `Serving s3://${bucket} at ${origin.url}${signed ? `, signed by ${accessKey}` : ', unsigned'}`,
    ...objects.map(({ key, size }) => `  ${key}  ${size} bytes`),
    ...(folder === undefined ? [] : [`  and the files of ${folder}`]),
    '',
    'Try:',
    `  curl -s${sign} -r 0-99 '${url}' | xxd`,
    `  curl -s${sign} '${url}' | head -c 10 | xxd`,
    `  curl -s${sign} '${origin.url}/${bucket}?list-type=2'`,
    `  curl -s ${origin.meterUrl}`,
    `  curl -s -X PUT ${origin.url}/-/faults -d '[{"times":1,"fault":{"slowDown":{"retryAfterSeconds":1}}}]'`,
  ];
}

function collectObject(flag: string, previous: readonly SyntheticSpec[] = []): readonly SyntheticSpec[] {
  return [...previous, parseObjectFlag(flag)];
}
