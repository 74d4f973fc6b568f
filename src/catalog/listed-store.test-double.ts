// A store of which nothing but the listing is asked, in the order that a test wants, and scans of it.
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { compareKeys } from '../source/source.ts';
import type { ListedObject, ListRequest, Source } from '../source/source.ts';
import { scan } from './scan.ts';
import type { ScanOptions, ScanResult } from './scan.ts';

export const listed = (key: string, more: Partial<ListedObject> = {}): ListedObject => ({
  key,
  size: 5,
  etag: '"e"',
  ...more,
});

export class ListedStore {
  readonly requests: ListRequest[] = [];
  objects: readonly ListedObject[];
  /** Whether it lists as it was given, and from the first on, whatever is asked. */
  isUnordered = false;
  /** Called before an object is listed. */
  before: (object: ListedObject) => Promise<void> = async () => undefined;

  constructor(objects: readonly ListedObject[]) {
    this.objects = objects;
  }

  get source(): Source {
    const refuse = () => {
      throw new Error('a scan only lists');
    };
    return { stat: refuse, open: refuse, list: (request) => this.#list(request), close: refuse };
  }

  async *#list(request: ListRequest): AsyncIterable<ListedObject> {
    this.requests.push(request);
    const { after, prefix, signal } = request;
    const objects = this.objects.filter(
      ({ key }) => key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0),
    );
    const inOrder = objects.toSorted((a, b) => compareKeys(a.key, b.key));
    for (const object of this.isUnordered ? this.objects : inOrder) {
      await this.before(object);
      signal.throwIfAborted();
      yield object;
    }
  }
}

/** Scans the whole of a store into the default collection, unless said otherwise. */
export function scanStore(database: Kysely<Schema>, store: ListedStore, more: Partial<ScanOptions> = {}) {
  return scan({
    source: store.source,
    database,
    store: 'archive',
    bucket: 'library',
    prefix: '',
    idPrefix: '',
    collection: 'default',
    signal: new AbortController().signal,
    ...more,
  });
}

/** What a scan of all new objects gives. */
export function toResult(more: Partial<ScanResult>): ScanResult {
  const counts = { seen: 0, added: 0, changed: 0, unchanged: 0, returned: 0, vanished: 0, refused: 0 };
  return { ...counts, isOrdered: true, ...more };
}
