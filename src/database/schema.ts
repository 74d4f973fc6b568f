// The tables, as Kysely knows them; the same for every database. Types of columns are what both SQLite and
// PostgreSQL can keep: times are milliseconds since 1970 in integers, digests are JSON in text.
import type { Insertable, Selectable } from 'kysely';

export type ObjectsTable = {
  id: string;
  store: string;
  bucket: string;
  key: string;
  version_id: string | null;
  size: number;
  etag: string;
  part_bytes: number | null;
  last_modified: number | null;
  filename: string;
  media_type: string;
  /** `{"sha-256":"<base64>"}` */
  digests: string;
  /** When the id came into the catalog; an update leaves it. */
  added_at: number;
};

export type BundlesTable = {
  id: string;
  /** The length of the tar. */
  size: number;
  /** To within the hour: a download need not be a write. */
  used_at: number;
  /** The length of `members`. */
  members_bytes: number;
  /** JSON: they are written and read together, and never searched. */
  members: string;
};

export type Schema = { objects: ObjectsTable; bundles: BundlesTable };

export type ObjectRow = Selectable<ObjectsTable>;
export type NewObjectRow = Insertable<ObjectsTable>;
