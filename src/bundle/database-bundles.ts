// Bundles in a database. What strangers can make it keep is bounded: a bundle that was
// not used for long goes, and when there are too many those go first that were used the longest ago. That costs nobody
// a download: the same list makes the same bundle again, with the same id and ETag.
import { LRUCache } from 'lru-cache';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { holdLock } from '../database/transaction-lock.ts';
import { SluiceError } from '../errors.ts';
import type { Bundle, Bundleable, BundleMember, Bundles, ListedBundle } from './bundles.ts';
import { pinBundle, toBundleEtag } from './pin.ts';

export type BundleLimits = {
  /** Of one bundle. */
  readonly maxMembers: number;
  /** Of what is pinned of one bundle's members. */
  readonly maxBundleBytes: number;
  readonly maxBundles: number;
  /** Of what is pinned of all bundles together. */
  readonly maxStoredBytes: number;
  /** How long a bundle is kept that nobody uses. */
  readonly maxIdleMs: number;
  /** Of what is remembered in memory of bundles that are in use; it holds one of `maxBundleBytes` at least. */
  readonly maxRememberedBytes: number;
};

/** A member is some 300 bytes; 4 KiB where every text in it is as long as it may be. */
export const DEFAULT_BUNDLE_LIMITS: BundleLimits = {
  maxMembers: 10_000,
  maxBundleBytes: 8 << 20,
  maxBundles: 10_000,
  maxStoredBytes: 256 << 20,
  // Longer than a download takes that is resumed after a holiday.
  maxIdleMs: 30 * 86_400_000,
  maxRememberedBytes: 32 << 20,
};

/** How often a use is written down, and how long a bundle may be remembered without a look at its row. */
const TOUCH_MS = 3_600_000;

/** Nothing else is asked of a database: PostgreSQL refuses some text. */
const ID_PART = /^[0-9a-f]{0,64}$/;

/** Rows that are looked through at once for what has to go. */
const EVICTION_BATCH = 100;

export type BundlesOptions = {
  readonly limits?: Partial<BundleLimits>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** The bundles in `database`, which whoever opened it closes. */
export function createBundles(database: Kysely<Schema>, { limits, now = Date.now }: BundlesOptions = {}): Bundles {
  return new DatabaseBundles(database, { limits: { ...DEFAULT_BUNDLE_LIMITS, ...limits }, now });
}

class DatabaseBundles implements Bundles {
  readonly #database: Kysely<Schema>;
  readonly #limits: BundleLimits;
  readonly #now: () => number;
  readonly #remembered: LRUCache<string, Bundle>;
  /** Look-ups on their way: the eight ranges of one download are one. */
  readonly #pending = new Map<string, Promise<Bundle | undefined>>();

  constructor(
    database: Kysely<Schema>,
    { limits, now }: { readonly limits: BundleLimits; readonly now: () => number },
  ) {
    this.#database = database;
    this.#limits = limits;
    this.#now = now;
    // A resolution of 0 asks the clock each time, where the default keeps a timer.
    const time = { ttl: TOUCH_MS, ttlResolution: 0, perf: { now } };
    this.#remembered = new LRUCache({ ...time, maxSize: Math.max(limits.maxRememberedBytes, limits.maxBundleBytes) });
  }

  get maxMembers(): number {
    return this.#limits.maxMembers;
  }

  pin(objects: readonly Bundleable[]): Bundle {
    const { maxMembers, maxBundleBytes } = this.#limits;
    if (objects.length === 0 || objects.length > maxMembers) {
      throw new SluiceError('bad-input', `got ${objects.length} members, want 1 to ${maxMembers}`);
    }
    const bundle = pinBundle(objects);
    const bytes = Buffer.byteLength(JSON.stringify(bundle.members));
    if (bytes > maxBundleBytes) {
      throw new SluiceError('bad-input', `the members take ${bytes} bytes to pin, want at most ${maxBundleBytes}`);
    }
    return bundle;
  }

  async keep(bundle: Bundle): Promise<boolean> {
    const { id, size } = bundle;
    const members = JSON.stringify(bundle.members);
    const bytes = Buffer.byteLength(members);
    const row = { id, size, used_at: this.#now(), members_bytes: bytes, members };
    const isNew = await this.#database.transaction().execute(async (transaction) => {
      await holdLock(transaction, 'bundles');
      if (await touch(transaction, row)) return false;
      await this.#makeRoom(transaction, bytes);
      await transaction.insertInto('bundles').values(row).execute();
      return true;
    });
    this.#remembered.set(id, bundle, { size: bytes });
    return isNew;
  }

  async find(id: string): Promise<Bundle | undefined> {
    if (!ID_PART.test(id)) return undefined;
    return this.#remembered.get(id) ?? this.#pending.get(id) ?? this.#look(id);
  }

  async list({ prefix, after, limit }: Parameters<Bundles['list']>[0]): Promise<readonly ListedBundle[]> {
    if (!ID_PART.test(prefix)) return [];
    const rows = await this.#database
      .selectFrom('bundles')
      .select(['id', 'size'])
      .where('id', '>=', prefix)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
    const listed = rows.filter(({ id }) => id.startsWith(prefix));
    return listed.map(({ id, size }) => ({ id, size, etag: toBundleEtag(id) }));
  }

  async #look(id: string): Promise<Bundle | undefined> {
    const answer = this.#read(id);
    this.#pending.set(id, answer);
    try {
      return await answer;
    } finally {
      this.#pending.delete(id);
    }
  }

  async #read(id: string): Promise<Bundle | undefined> {
    const row = await this.#database.selectFrom('bundles').selectAll().where('id', '=', id).executeTakeFirst();
    const usedAt = this.#now();
    if (!row || row.used_at <= usedAt - this.#limits.maxIdleMs) return undefined;
    if (row.used_at <= usedAt - TOUCH_MS) {
      // No download fails for its books: where they cannot be written now, the next look tries again.
      await touch(this.#database, { id, used_at: usedAt }).catch(() => false);
    }
    const bundle = {
      id,
      size: row.size,
      etag: toBundleEtag(id),
      members: JSON.parse(row.members) as readonly BundleMember[],
    };
    this.#remembered.set(id, bundle, { size: row.members_bytes });
    return bundle;
  }

  /** Deletes what has to go for one more bundle of `bytes`. */
  async #makeRoom(database: Kysely<Schema>, bytes: number): Promise<void> {
    const { maxIdleMs, maxBundles, maxStoredBytes } = this.#limits;
    await database
      .deleteFrom('bundles')
      .where('used_at', '<=', this.#now() - maxIdleMs)
      .execute();
    const total = await database
      .selectFrom('bundles')
      .select(({ fn }) => [fn.countAll<number>().as('count'), fn.sum<number | null>('members_bytes').as('bytes')])
      .executeTakeFirstOrThrow();
    let { count } = total;
    let stored = total.bytes ?? 0;
    while (count > 0 && (count >= maxBundles || stored + bytes > maxStoredBytes)) {
      const oldest = await database
        .selectFrom('bundles')
        .select(['id', 'members_bytes'])
        .orderBy('used_at')
        .limit(EVICTION_BATCH)
        .execute();
      for (const { id, members_bytes } of oldest) {
        if (count < maxBundles && stored + bytes <= maxStoredBytes) break;
        await database.deleteFrom('bundles').where('id', '=', id).execute();
        this.#remembered.delete(id);
        count -= 1;
        stored -= members_bytes;
      }
    }
  }
}

/** Whether there is such a bundle to write the use of down for. */
async function touch(
  database: Kysely<Schema>,
  { id, used_at }: { readonly id: string; readonly used_at: number },
): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('bundles')
    .set({ used_at })
    .where('id', '=', id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
