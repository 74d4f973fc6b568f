// `sluice demo`: an S3 store and a gateway in front of it, with a sample library, on this machine and for as long
// as the command runs. The store lives in this process, the gateway in one of its own, so that its memory is its own.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { openCatalog } from '../catalog/database-catalog.ts';
import { SluiceError } from '../errors.ts';
import { startOrigin } from '../lab/origin/origin.ts';
import type { Origin } from '../lab/origin/origin.ts';
import type { Credentials } from '../lab/origin/signature.ts';
import { createS3Source } from '../source/s3.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { DEMO_BUCKET, DEMO_STORE, README, SAMPLES, catalogSamples } from './demo-library.ts';
import { describeDemo, describeTransfer } from './demo-text.ts';
import { findFreePort } from './free-port.ts';
import { interruptible } from './interrupt.ts';
import { parsePort } from './port.ts';
import { print } from './output.ts';

const HOST = '127.0.0.1';
const REGION = 'us-east-1';

/** Where the gateway is when nobody says where, and nobody else is there. */
const USUAL_PORT = 8080;

type DemoOptions = { readonly port?: number; readonly originPort: number; readonly json?: true };

/** A gateway in a process of its own. */
type GatewayProcess = { readonly url: string; readonly pid: number; readonly child: ChildProcess };

export function demoCommand(): Command {
  return new Command('demo')
    .option(
      '--port <port>',
      `port of the gateway; 0 for any that is free (default: ${USUAL_PORT} if it is free)`,
      parsePort,
    )
    .option('--origin-port <port>', 'port of the S3 store; 0 for any that is free', parsePort, 0)
    .option('--json', 'when ready, print one line of JSON instead: gateway, origin, meter, pid, objects')
    .action((options: DemoOptions) => interruptible((signal) => demo(options, signal)));
}

async function demo(options: DemoOptions, stop: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  const credentials = { accessKeyId: 'demo', secretAccessKey: randomBytes(24).toString('base64url') };
  let origin: Origin | undefined;
  let gateway: GatewayProcess | undefined;
  try {
    origin = await startStore(folder, options.originPort, credentials);
    await writeLibrary(folder, { url: origin.url, credentials, stop });
    const port = options.port ?? (await findFreePort(HOST, USUAL_PORT));
    await writeConfig(folder, { port, endpoint: origin.url });
    gateway = await startGateway(folder, credentials, { json: options.json ?? false });
    const { url, pid, child } = gateway;
    const objects = [{ id: README.id, size: Buffer.byteLength(README.text) }, ...SAMPLES];
    const ready = { gateway: url, origin: origin.url, meter: origin.meterUrl, pid };
    await print(
      options.json
        ? `${JSON.stringify({ ...ready, objects: objects.map(toListed) })}\n`
        : describeDemo(ready, objects, process.platform),
    );
    await Promise.race([stop.aborted || once(stop, 'abort'), failWhenOver(child, stop)]);
  } finally {
    await end(gateway?.child);
    await origin?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function toListed({ id, size, sha256 }: { readonly id: string; readonly size: number; readonly sha256?: string }) {
  return sha256 === undefined ? { id, size } : { id, size, sha256 };
}

async function startStore(folder: string, port: number, credentials: Credentials): Promise<Origin> {
  const files = join(folder, 'files');
  await mkdir(files);
  await writeFile(join(files, README.key), README.text);
  const library = { objects: SAMPLES, folder: files };
  return startOrigin({ host: HOST, port, region: REGION, credentials, buckets: { [DEMO_BUCKET]: library } });
}

async function writeLibrary(
  folder: string,
  store: { readonly url: string; readonly credentials: Credentials; readonly stop: AbortSignal },
): Promise<void> {
  const { url: endpoint, credentials, stop } = store;
  const source = createS3Source({ endpoint, region: REGION, credentials, slabs: new SlabPool() });
  const catalog = await openCatalog(join(folder, 'sluice.db'));
  try {
    await catalogSamples(catalog, source, stop);
  } finally {
    source.close();
    await catalog.close();
  }
}

/** JSON is YAML; the keys to the store come by the environment. */
async function writeConfig(folder: string, { port, endpoint }: { readonly port: number; readonly endpoint: string }) {
  const stores = { [DEMO_STORE]: { type: 's3', endpoint, region: REGION } };
  const config = { listen: `${HOST}:${port}`, database: 'sluice.db', access: 'public', stores };
  await writeFile(join(folder, 'sluice.yaml'), JSON.stringify(config, null, 2));
}

async function startGateway(
  folder: string,
  credentials: Credentials,
  { json }: { readonly json: boolean },
): Promise<GatewayProcess> {
  const program = process.argv[1] ?? '';
  const child = spawn(process.execPath, [program, 'serve', '--config', join(folder, 'sluice.yaml'), '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
  const complaints: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    const text = describeTransfer(line);
    if (text === undefined) complaints.push(line);
    else if (!json) process.stdout.write(`${text}\n`);
  });
  const lines = createInterface(child.stdout);
  const [first] = (await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])])) as [string];
  if (first === '') throw new SluiceError('bad-input', `the gateway did not start: ${complaints.join(' ')}`);
  const { gateway, pid } = JSON.parse(first) as { gateway: string; pid: number };
  return { url: gateway, pid, child };
}

async function failWhenOver(child: ChildProcess, stop: AbortSignal): Promise<void> {
  await once(child, 'exit');
  if (!stop.aborted) throw new SluiceError('misuse', 'the gateway ended by itself');
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
