// Sluice as it ships: `sluice serve` over a catalog that `sluice catalog add` has filled. It has credentials and so
// signs each request, which none of the others does; like theirs, its access log is off.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import type { Place } from './contenders.ts';
import { OBJECT_PATH } from './object.ts';
import type { Command } from './processes.ts';

const LAUNCHER = fileURLToPath(new URL('../bin/sluice.js', import.meta.url));

const OBJECT_ID = 'object';

export async function prepareSluice(
  { processes }: Bench,
  { scratch, port, upstream }: Place,
): Promise<{ readonly command: Command; readonly path: string }> {
  const { caFile } = upstream;
  const file = join(scratch, 'sluice.yaml');
  const lines = [
    `listen: 127.0.0.1:${port}`,
    `access: public`,
    `log: warn`,
    `stores:`,
    `  origin:`,
    `    type: s3`,
    `    endpoint: ${caFile === undefined ? 'http' : 'https'}://127.0.0.1:${upstream.port}`,
    `    region: us-east-1`,
    `    credentials: { accessKeyId: bench, secretAccessKey: bench-secret }`,
    ...(caFile === undefined ? [] : [`    caFile: ${caFile}`]),
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const sluice = [process.execPath, LAUNCHER] as const;
  await processes.run([...sluice, 'catalog', 'add', OBJECT_ID, `origin:${OBJECT_PATH}`, '--config', file], text);
  return { command: [...sluice, 'serve', '--config', file], path: `data/${OBJECT_ID}` };
}
