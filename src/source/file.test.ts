// The file source keeps the contract, on real files in a folder of its own for each test.
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patternBytes } from '../testing/pattern.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import type { Capability, SourceHarness } from '../testing/source-harness.ts';
import { SlabPool } from '../wire/slab-pool.ts';
import { createFileSource } from './file.ts';

const LISTS_DESCRIPTORS = process.platform === 'linux';

/** Descriptors that this process has open below a folder. */
function countDescriptors(root: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(`${root}/`);
    } catch {
      // The descriptor of this very listing has gone.
      return false;
    }
  }).length;
}

async function createHarness(): Promise<SourceHarness> {
  const root = realpathSync(await mkdtemp(join(tmpdir(), 'sluice-file-')));
  const bucket = 'bucket';
  const slabs = new SlabPool();
  const source = createFileSource({ root, slabs });
  const pathOf = (key: string): string => join(root, bucket, key);
  await mkdir(pathOf('folder'), { recursive: true });
  let count = 0;
  const eyes = { heldByOrigin: () => countDescriptors(root), heldNow: () => countDescriptors(root) };
  return {
    source,
    ...(LISTS_DESCRIPTORS && eyes),
    async put({ size }) {
      const object = { bucket, key: `folder/object-${(count += 1)}.` };
      await writeFile(pathOf(object.key), patternBytes({ start: 0, end: size }));
      const { etag } = await source.stat(object, { signal: new AbortController().signal });
      return { object, version: { size, etag }, bytes: (range) => patternBytes(range) };
    },
    async replace({ key }) {
      const { size } = await stat(pathOf(key));
      await writeFile(pathOf(key), patternBytes({ start: 0, end: size }, 1), { flag: 'r+' });
    },
    remove: ({ key }) => rm(pathOf(key)),
    takenSlabs: () => slabs.takenCount,
    tearDown: () => rm(root, { recursive: true }),
  };
}

const lacks: readonly Capability[] = ['sentByOrigin', 'hold', 'silence', 'cut', 'answerAnotherRange'];
const options = { lacks: LISTS_DESCRIPTORS ? lacks : ([...lacks, 'heldByOrigin', 'heldNow'] as const) };

describeSourceContract('createFileSource()', createHarness, options);
