// The keys that links are signed with, in the database, so that what one gateway has signed another can verify. One of
// them is current; those that were before it verify until the last link of theirs has expired.
import { randomBytes } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { LinkKeysTable, Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';
import type { LinkKey } from './link.ts';
import { randomId } from './random-id.ts';

/** As long as the hash of the HMAC: a longer one would be no stronger. */
const SECRET_BYTES = 32;

/** How often another process may take away what was current between two statements. Once is rare. */
const MAX_TRIES = 5;

/** What may be shown of a key. */
export type LinkKeyEntry = { readonly id: string; readonly createdAt: Date; readonly retiredAt?: Date };

export type StoredLinkKey = LinkKey & LinkKeyEntry;

export type LinkKeys = {
  /** What to sign with: made when there is none. Of two processes that make one at once, both are given the same. */
  current(): Promise<StoredLinkKey>;
  /** A key that may still verify, or none. */
  find(id: string): Promise<StoredLinkKey | undefined>;
  /** Retires what is current and gives what is current then. Deletes what was retired so long ago that no link lives. */
  rotate(): Promise<LinkKeyEntry>;
  list(): Promise<readonly LinkKeyEntry[]>;
  /** Whether there was such a key. All links that were signed with it are void at once. */
  remove(id: string): Promise<boolean>;
};

export type LinkKeysOptions = {
  /** How long the longest link lives; the same for all gateways. */
  readonly maxLifetimeMs: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** Whoever opened the database closes it. */
export function createLinkKeys(database: Kysely<Schema>, { maxLifetimeMs, now = Date.now }: LinkKeysOptions): LinkKeys {
  const findCurrent = () =>
    database.selectFrom('link_keys').selectAll().where('retired_at', 'is', null).executeTakeFirst();

  async function current(): Promise<StoredLinkKey> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const row = await findCurrent();
      if (row) return toKey(row);
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      const made = { id: randomId(), secret, created_at: now(), retired_at: null };
      // An index allows one that is not retired: whoever comes second takes the first one's.
      await database
        .insertInto('link_keys')
        .values(made)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    throw new SluiceError('overloaded', 'others keep retiring the key of links that was made', { retryable: true });
  }

  return {
    current,

    async find(id) {
      const row = await database.selectFrom('link_keys').selectAll().where('id', '=', id).executeTakeFirst();
      return row && (row.retired_at === null || row.retired_at > now() - maxLifetimeMs) ? toKey(row) : undefined;
    },

    async rotate() {
      const nowMs = now();
      const row = await findCurrent();
      if (row) {
        // Only if it is current still, so that two that rotate at once do it once.
        const isCurrent = database.updateTable('link_keys').where('id', '=', row.id).where('retired_at', 'is', null);
        await isCurrent.set({ retired_at: nowMs }).execute();
      }
      await database
        .deleteFrom('link_keys')
        .where('retired_at', '<=', nowMs - maxLifetimeMs)
        .execute();
      return toEntry(await current());
    },

    async list() {
      const rows = await database.selectFrom('link_keys').selectAll().orderBy('created_at').orderBy('id').execute();
      return rows.map((row) => toEntry(toKey(row)));
    },

    async remove(id) {
      const { numDeletedRows } = await database.deleteFrom('link_keys').where('id', '=', id).executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

function toKey({ id, secret, created_at, retired_at }: Selectable<LinkKeysTable>): StoredLinkKey {
  const key = { id, secret: Buffer.from(secret, 'base64url'), createdAt: new Date(created_at) };
  return retired_at === null ? key : { ...key, retiredAt: new Date(retired_at) };
}

function toEntry({ secret: _secret, ...entry }: StoredLinkKey): LinkKeyEntry {
  return entry;
}
