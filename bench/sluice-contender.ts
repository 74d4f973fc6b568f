// Sluice as it ships: `sluice serve` over a catalog that `sluice catalog add` has filled. It has credentials and so
// signs each request, which none of the others does; like theirs, its access log is off.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';
import type { Place, Prepared } from './contenders.ts';
import { BUCKET } from './object.ts';

export const LAUNCHER = fileURLToPath(new URL('../bin/sluice.js', import.meta.url));

const OBJECT_ID = 'object';

/** What a bundle is made of. All of them are the same object: what a tar costs does not depend on it. */
export const MEMBER_IDS = ['member-1', 'member-2', 'member-3', 'member-4'] as const;

export async function prepareSluice(bench: Bench, place: Place): Promise<Prepared> {
  return prepare(bench, place, { ids: [OBJECT_ID], path: `data/${OBJECT_ID}` });
}

/** Asked to make bundles of `MEMBER_IDS`. */
export async function prepareSluiceBundle(bench: Bench, place: Place): Promise<Prepared> {
  return prepare(bench, place, { ids: MEMBER_IDS, path: 'bundles' });
}

type Served = { readonly ids: readonly string[]; readonly path: string };

async function prepare(
  { processes }: Bench,
  { scratch, port, upstream, key, settings = [] }: Place,
  { ids, path }: Served,
): Promise<Prepared> {
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
    ...settings,
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const sluice = [process.execPath, LAUNCHER] as const;
  for (const id of ids) {
    await processes.run([...sluice, 'catalog', 'add', id, `origin:${BUCKET}/${key}`, '--config', file], text);
  }
  return { command: [...sluice, 'serve', '--config', file], path };
}
