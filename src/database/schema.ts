// The tables, as Kysely knows them; the same for every database. Types of columns are what both SQLite and
// PostgreSQL can keep: times are milliseconds since 1970 in integers, digests are JSON in text.
import type { Generated, Insertable, Selectable } from 'kysely';

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
  /** It has a default, so that an insert may leave it out. */
  collection: Generated<string>;
  vanished_at: number | null;
};

export type CollectionsTable = {
  id: string;
  title: string;
  /** 0 or 1. */
  is_public: number;
  created_at: number;
};

export type ScansTable = {
  id: string;
  store: string;
  bucket: string;
  prefix: string;
  id_prefix: string;
  collection: string;
  /** Where it stands: every key up to this one is done. Absent before the first, and where keys come in no order. */
  after_key: string | null;
  /** JSON: what it has found so far. */
  counts: string;
  started_at: number;
  ended_at: number | null;
};

/** The ids that a scan has seen, of those alone whose order is not that of their keys; its end removes them. */
export type ScanMarksTable = {
  scan: string;
  object: string;
};

export type TokensTable = {
  /** The part of a token that is no secret. */
  id: string;
  /** The SHA-256 of the secret, in base64url. */
  hash: string;
  principal: string;
  /** JSON: a list. */
  scopes: string;
  /** JSON: a list of ids; `["*"]` is all of them. */
  collections: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
};

export type LinkKeysTable = {
  id: string;
  /** 32 random bytes in base64url. */
  secret: string;
  created_at: number;
  /** From then on nothing is signed with it; links that were go on until they expire. */
  retired_at: number | null;
};

export type TransfersTable = {
  /** A UUID of version 7, made of `started_at`: the order of the ids is the order of time. */
  id: string;
  /** Which gateway process had it. */
  gateway: string;
  principal: string;
  credential: string | null;
  /** The id that was asked for. */
  object: string;
  collection: string;
  method: string;
  address: string | null;
  status: number | null;
  /** `0-10,20-30`: half-open. */
  ranges: string;
  delivered_bytes: number;
  delivered_by: string;
  received_bytes: number;
  over_read_bytes: number;
  resumed_count: number;
  /** Absent while it is under way. */
  outcome: string | null;
  error: string | null;
  started_at: number;
  /** While it is under way, and where its gateway was lost: as of its counts. */
  duration_ms: number | null;
};

export type GatewaysTable = {
  id: string;
  started_at: number;
  /** When it counts as dead unless it has said by then that it lives. */
  alive_until: number;
};

export type LimitsTable = {
  principal: string;
  transfers: number | null;
  bytes_per_second: number | null;
  bytes_per_day: number | null;
};

export type LeasesTable = {
  /** Empty for all principals together. */
  principal: string;
  gateway: string;
  /** How many it may have, until it gives them back or the lease expires. */
  transfers: number;
  /** How many of its transfers want bytes. */
  streams: number;
  expires_at: number;
};

export type UsedDaysTable = {
  principal: string;
  /** `2026-11-23`, in UTC. */
  day: string;
  bytes: number;
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

export type Schema = {
  objects: ObjectsTable;
  bundles: BundlesTable;
  collections: CollectionsTable;
  scans: ScansTable;
  scan_marks: ScanMarksTable;
  tokens: TokensTable;
  link_keys: LinkKeysTable;
  transfers: TransfersTable;
  gateways: GatewaysTable;
  limits: LimitsTable;
  leases: LeasesTable;
  used_days: UsedDaysTable;
};

export type ObjectRow = Selectable<ObjectsTable>;
export type NewObjectRow = Insertable<ObjectsTable>;
