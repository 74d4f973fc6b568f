// The buckets of an origin, and the objects in them: synthetic ones by their key, and the files of a folder behind.

import { SluiceError } from '../../errors.ts';
import { openFolder } from './folder.ts';
import type { Folder } from './folder.ts';
import type { ObjectSummary, StoredObject } from './stored-object.ts';
import { createSyntheticObject } from './synthetic-object.ts';
import type { SyntheticObject, SyntheticSpec } from './synthetic-object.ts';

export type BucketSpec = {
  readonly objects?: readonly SyntheticSpec[] | undefined;
  /** A folder whose files are objects too. Where both have a key, the synthetic object wins. */
  readonly folder?: string | undefined;
};

/** "Bucket naming rules", in short. It also keeps the path of the control interface free of buckets. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export class Bucket {
  readonly name: string;
  readonly createdAt = new Date();
  readonly #objects = new Map<string, SyntheticObject>();
  readonly #folder: Folder | undefined;
  /** The synthetic objects in the order of a listing, until one comes or goes. */
  #sorted: readonly ObjectSummary[] | undefined;

  constructor(name: string, folder: Folder | undefined) {
    this.name = name;
    this.#folder = folder;
  }

  get(key: string): StoredObject | undefined | Promise<StoredObject | undefined> {
    return this.#objects.get(key) ?? this.#folder?.get(key);
  }

  /** Every object, in the order of a listing. */
  list(): readonly ObjectSummary[] | Promise<readonly ObjectSummary[]> {
    this.#sorted ??= sortByKey([...this.#objects.values()]);
    return this.#folder ? this.#listWith(this.#folder) : this.#sorted;
  }

  put(spec: SyntheticSpec): SyntheticObject {
    const object = createSyntheticObject(spec, { bucket: this.name, now: new Date() });
    this.#objects.set(object.key, object);
    this.#sorted = undefined;
    return object;
  }

  remove(key: string): void {
    this.#require(key);
    this.#objects.delete(key);
    this.#sorted = undefined;
  }

  /** Another version under the same key and of the same size. What is being sent of the old one is sent to its end. */
  replace(key: string, seed: number | undefined): SyntheticObject {
    const { size, mediaType, partSizeBytes, seed: oldSeed } = this.#require(key);
    return this.put({ key, size, mediaType, partSizeBytes, seed: seed ?? oldSeed + 1 });
  }

  #require(key: string): SyntheticObject {
    const object = this.#objects.get(key);
    if (!object) throw new SluiceError('bad-input', `the bucket "${this.name}" has no synthetic object "${key}"`);
    return object;
  }

  async #listWith(folder: Folder): Promise<readonly ObjectSummary[]> {
    const files = await folder.list();
    return sortByKey([...this.#objects.values(), ...files.filter(({ key }) => !this.#objects.has(key))]);
  }
}

export async function openBuckets(specs: Readonly<Record<string, BucketSpec>>): Promise<ReadonlyMap<string, Bucket>> {
  const buckets = new Map<string, Bucket>();
  for (const [name, { objects = [], folder }] of Object.entries(specs)) {
    if (!BUCKET_NAME.test(name)) {
      const rule = '3 to 63 of a-z, 0-9, dot and hyphen, with a letter or digit first and last';
      throw new SluiceError('bad-input', `"${name}" can't be the name of a bucket: ${rule}`);
    }
    const bucket = new Bucket(name, folder === undefined ? undefined : await openFolder(folder));
    for (const spec of objects) bucket.put(spec);
    buckets.set(name, bucket);
  }
  return buckets;
}

/** The order of a listing: by the bytes of the key in UTF-8. */
function sortByKey(objects: readonly ObjectSummary[]): readonly ObjectSummary[] {
  return objects
    .map((object) => ({ object, bytes: Buffer.from(object.key) }))
    .toSorted((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ object }) => object);
}
