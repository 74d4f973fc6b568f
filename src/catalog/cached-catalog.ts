// A catalog that remembers its last answers, so that a client that asks for a thousand ranges of one object costs
// one look-up. What another process changes is seen when the answer has grown old.
import { LRUCache } from 'lru-cache';
import type { Catalog, CatalogEntry, ListOptions } from './catalog.ts';
import { isObjectId } from './object-id.ts';

/** A withdrawn object is gone for every gateway within a second. */
const DEFAULT_TTL_MS = 1_000;

/** An entry with the longest id and key is some 3 KiB: 30 MiB at the worst. */
const DEFAULT_MAX_ENTRIES = 10_000;

/** Kept apart from the entries: a client that asks for ids that are not there displaces nobody's. */
const DEFAULT_MAX_MISSES = 1_000;

export type CachedCatalogOptions = {
  /** How old an answer may be, counted from when the catalog was asked. */
  readonly ttlMs?: number;
  readonly maxEntries?: number;
  readonly maxMisses?: number;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
};

type Answer = Promise<CatalogEntry | undefined>;

/** `catalog` with a memory. Closing it closes `catalog`. */
export function cacheCatalog(catalog: Catalog, options: CachedCatalogOptions = {}): Catalog {
  return new CachedCatalog(catalog, options);
}

class CachedCatalog implements Catalog {
  readonly #catalog: Catalog;
  readonly #now: () => number;
  /** Promises that have resolved: a hit makes no new one. */
  readonly #entries: LRUCache<string, Answer>;
  readonly #misses: LRUCache<string, Answer>;
  /** Look-ups on their way. One whose id was changed meanwhile is taken out, and its answer is not kept. */
  readonly #pending = new Map<string, Answer>();

  constructor(catalog: Catalog, options: CachedCatalogOptions) {
    const { ttlMs = DEFAULT_TTL_MS, maxEntries = DEFAULT_MAX_ENTRIES, maxMisses = DEFAULT_MAX_MISSES } = options;
    this.#catalog = catalog;
    this.#now = options.now ?? (() => performance.now());
    // A resolution of 0 asks the clock each time, where the default keeps a timer.
    const common = { ttl: ttlMs, ttlResolution: 0, perf: { now: this.#now } };
    this.#entries = new LRUCache({ ...common, max: maxEntries });
    this.#misses = new LRUCache({ ...common, max: maxMisses });
  }

  find(id: string): Answer {
    return this.#entries.get(id) ?? this.#misses.get(id) ?? this.#pending.get(id) ?? this.#ask(id);
  }

  list(options: ListOptions): Promise<readonly CatalogEntry[]> {
    return this.#catalog.list(options);
  }

  put(entry: CatalogEntry): Promise<void> {
    return this.putMany([entry]);
  }

  async putMany(entries: readonly CatalogEntry[]): Promise<void> {
    await this.#catalog.putMany(entries);
    for (const { id } of entries) this.#forget(id);
  }

  async remove(id: string): Promise<boolean> {
    const removed = await this.#catalog.remove(id);
    this.#forget(id);
    return removed;
  }

  async close(): Promise<void> {
    this.#entries.clear();
    this.#misses.clear();
    this.#pending.clear();
    await this.#catalog.close();
  }

  async #ask(id: string): Answer {
    // Not kept: a hostile text of megabytes has no entry, and no claim to memory.
    if (!isObjectId(id)) return undefined;
    const start = this.#now();
    const answer = this.#catalog.find(id);
    this.#pending.set(id, answer);
    try {
      const entry = await answer;
      // The time to live counts from the question: the answer may have been true only then.
      if (this.#pending.get(id) === answer) (entry ? this.#entries : this.#misses).set(id, answer, { start });
      return entry;
    } finally {
      if (this.#pending.get(id) === answer) this.#pending.delete(id);
    }
  }

  #forget(id: string): void {
    this.#entries.delete(id);
    this.#misses.delete(id);
    this.#pending.delete(id);
  }
}
