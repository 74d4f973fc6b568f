// Starts the server that holds the object, with a plain and a TLS 1.3 listener: nginx, which is fast enough never to
// be what is measured, or the lab's origin in its place.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSelfSigned } from '../src/lab/origin/self-signed.ts';
import type { Bench, Upstream } from './bench.ts';
import { findFreePorts } from './free-ports.ts';
import { toNginxOrigin } from './nginx-config.ts';
import type { BenchObject } from './object.ts';

const LAB_ORIGIN = fileURLToPath(new URL('lab-origin.ts', import.meta.url));

export type Origin = { readonly description: string; readonly plain: Upstream; readonly tls: Upstream };

export async function startOrigin(bench: Bench, { root }: BenchObject): Promise<Origin> {
  const scratch = join(bench.folder, 'origin');
  await mkdir(scratch);
  const [keyFile, caFile] = [join(scratch, 'key.pem'), join(scratch, 'certificate.pem')];
  const { key, cert } = createSelfSigned();
  await Promise.all([writeFile(keyFile, key, { mode: 0o600 }), writeFile(caFile, cert)]);
  const [plainPort = 0, tlsPort = 0] = await findFreePorts(2);
  const plain: Upstream = { kind: 'plain', port: plainPort, caFile: undefined };
  const tls: Upstream = { kind: 'TLS 1.3', port: tlsPort, caFile };
  const nginx = bench.tools.get('nginx');
  const serving = { name: 'origin', port: plainPort };
  if (!nginx) {
    const args = [root, String(plainPort), String(tlsPort), keyFile, caFile];
    await bench.processes.serve([process.execPath, LAB_ORIGIN, ...args], serving);
    return { description: 'the origin of Sluice’s lab, as nginx is not installed', plain, tls };
  }
  const configFile = join(scratch, 'nginx.conf');
  await writeFile(configFile, toNginxOrigin({ scratch, root, plainPort, tlsPort, keyFile, caFile }));
  await bench.processes.serve([nginx.path, '-e', 'stderr', '-c', configFile], serving);
  return { description: `nginx ${nginx.version}, one worker, sendfile`, plain, tls };
}
