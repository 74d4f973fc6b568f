// Starts the server that holds the object, with a plain and a TLS 1.3 listener: nginx, which is fast enough never to
// be what is measured, or the lab's origin in its place.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSelfSigned } from '../src/lab/origin/self-signed.ts';
import type { Bench, Upstream } from './bench.ts';
import { findFreePorts } from './free-ports.ts';
import { toNginxOrigin } from './nginx-config.ts';
import type { BenchObjects } from './object.ts';
import type { Command } from './processes.ts';

const LAB_ORIGIN = fileURLToPath(new URL('lab-origin.ts', import.meta.url));

export type Origin = {
  readonly description: string;
  readonly objects: BenchObjects;
  readonly plain: Upstream;
  readonly tls: Upstream;
};

export async function startOrigin(bench: Bench, objects: BenchObjects): Promise<Origin> {
  const { root } = objects;
  const scratch = join(bench.folder, 'origin');
  await mkdir(scratch);
  const [keyFile, caFile] = [join(scratch, 'key.pem'), join(scratch, 'certificate.pem')];
  const { key, cert } = createSelfSigned();
  await Promise.all([writeFile(keyFile, key, { mode: 0o600 }), writeFile(caFile, cert)]);
  const [plainPort = 0, tlsPort = 0] = await findFreePorts(2);
  const nginx = bench.tools.get('nginx');
  let command: Command = [process.execPath, LAB_ORIGIN, root, String(plainPort), String(tlsPort), keyFile, caFile];
  if (nginx) {
    const configFile = join(scratch, 'nginx.conf');
    await writeFile(configFile, toNginxOrigin({ scratch, root, plainPort, tlsPort, keyFile, caFile }));
    command = [nginx.path, '-e', 'stderr', '-c', configFile];
  }
  const { pid } = await bench.processes.serve(command, { name: 'origin', port: plainPort });
  return {
    description: nginx
      ? `nginx ${nginx.version}, one worker, sendfile; noise in ${root}`
      : `the origin of Sluice’s lab, as nginx is not installed; noise in ${root}`,
    objects,
    plain: { kind: 'plain', port: plainPort, caFile: undefined, pid },
    tls: { kind: 'TLS 1.3', port: tlsPort, caFile, pid },
  };
}
