// A catalog that remembers its last answers, so that a client that asks for a thousand ranges of one object costs
// one look-up, and what is known is still found while the database is away. What another process changes is seen
// when the answer has grown old.
import { LRUCache } from 'lru-cache';
import { isSluiceError } from '../errors.ts';
import type { Catalog, CatalogEntry, Collection, FoundEntry, ListOptions } from './catalog.ts';
import { isObjectId } from './object-id.ts';

/** A withdrawn object is gone for every gateway within a second. */
const DEFAULT_TTL_MS = 1_000;

/** Long enough for a database to be restarted, or moved to another machine. */
const DEFAULT_STALE_MS = 600_000;

/** An entry with the longest id and key is some 3 KiB: 30 MiB at the worst. */
const DEFAULT_MAX_ENTRIES = 10_000;

/** Kept apart from the entries: a client that asks for ids that are not there displaces nobody's. */
const DEFAULT_MAX_MISSES = 1_000;

export type CachedCatalogOptions = {
  /** How old an answer may be, counted from when the catalog was asked. */
  readonly ttlMs?: number;
  /** How old the entry may be that stands in for an answer while the catalog is away. */
  readonly staleMs?: number;
  readonly maxEntries?: number;
  readonly maxMisses?: number;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
};

type Found = Promise<FoundEntry | undefined>;

/** A promise that has resolved, so that a hit makes no new one. */
type Answer = { readonly found: Found; readonly askedAt: number };

/** `catalog` with a memory. Closing it closes `catalog`. */
export function cacheCatalog(catalog: Catalog, options: CachedCatalogOptions = {}): Catalog {
  return new CachedCatalog(catalog, options);
}

class CachedCatalog implements Catalog {
  readonly #catalog: Catalog;
  readonly #ttlMs: number;
  readonly #staleMs: number;
  readonly #now: () => number;
  readonly #entries: LRUCache<string, Answer>;
  /** That an id is not there is said only while it is sure: whoever is told so does not ask again. */
  readonly #misses: LRUCache<string, Answer>;
  /** Look-ups on their way. One whose id was changed meanwhile is taken out, and its answer is not kept. */
  readonly #pending = new Map<string, { readonly found: Found; readonly settled: Found }>();
  /** While the catalog is away: until when what is known is given without asking. */
  #awayUntil: number | undefined;

  constructor(catalog: Catalog, options: CachedCatalogOptions) {
    const { maxEntries = DEFAULT_MAX_ENTRIES, maxMisses = DEFAULT_MAX_MISSES } = options;
    this.#catalog = catalog;
    this.#ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
    this.#staleMs = options.staleMs ?? DEFAULT_STALE_MS;
    this.#now = options.now ?? (() => performance.now());
    this.#entries = new LRUCache({ max: maxEntries });
    this.#misses = new LRUCache({ max: maxMisses });
  }

  find(id: string): Found {
    const known = this.#entries.get(id);
    const answer = known ?? this.#misses.get(id);
    const now = this.#now();
    if (answer && now - answer.askedAt <= this.#ttlMs) return answer.found;
    if (known && this.#awayUntil !== undefined && now < this.#awayUntil && this.#mayStandIn(known)) return known.found;
    return this.#pending.get(id)?.settled ?? this.#ask(id);
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

  collections(): Promise<readonly Collection[]> {
    return this.#catalog.collections();
  }

  async putCollection(collection: Collection): Promise<void> {
    await this.#catalog.putCollection(collection);
    this.#forgetAll();
  }

  async removeCollection(id: string): Promise<boolean> {
    const removed = await this.#catalog.removeCollection(id);
    this.#forgetAll();
    return removed;
  }

  async close(): Promise<void> {
    this.#forgetAll();
    await this.#catalog.close();
  }

  #ask(id: string): Found {
    // Not kept: a hostile text of megabytes has no entry, and no claim to memory.
    if (!isObjectId(id)) return Promise.resolve(undefined);
    const askedAt = this.#now();
    // One asks whether the catalog is back; meanwhile the others need not wait for that.
    if (this.#awayUntil !== undefined) this.#awayUntil = askedAt + this.#ttlMs;
    const found = this.#catalog.find(id);
    const settled = this.#settle(id, { found, askedAt });
    this.#pending.set(id, { found, settled });
    return settled;
  }

  async #settle(id: string, answer: Answer): Found {
    try {
      const entry = await answer.found;
      this.#awayUntil = undefined;
      // The age counts from the question: the answer may have been true only then.
      if (this.#isPending(id, answer)) this.#keep(id, { ...answer, entry });
      return entry;
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#awayUntil = this.#now() + this.#ttlMs;
      const known = this.#entries.get(id);
      if (!known || !this.#mayStandIn(known)) throw error;
      return await known.found;
    } finally {
      if (this.#isPending(id, answer)) this.#pending.delete(id);
    }
  }

  #isPending(id: string, { found }: Answer): boolean {
    return this.#pending.get(id)?.found === found;
  }

  #keep(id: string, { entry, ...answer }: Answer & { readonly entry: FoundEntry | undefined }): void {
    const [kept, other] = entry ? [this.#entries, this.#misses] : [this.#misses, this.#entries];
    kept.set(id, answer);
    other.delete(id);
  }

  #mayStandIn({ askedAt }: Answer): boolean {
    return this.#now() - askedAt <= this.#staleMs;
  }

  #forget(id: string): void {
    this.#entries.delete(id);
    this.#misses.delete(id);
    this.#pending.delete(id);
  }

  /** What was said of one collection is in the answers for all that is in it. */
  #forgetAll(): void {
    this.#entries.clear();
    this.#misses.clear();
    this.#pending.clear();
  }
}

function isAway(error: unknown): boolean {
  return isSluiceError(error, 'unavailable') || (isSluiceError(error, 'overloaded') && error.retryable);
}
