// The contract of the catalog: which object an id names, and what is known of that object.
// The gateway and the commands know this file alone; where the entries are kept is another's matter.

/** One object of the library. */
export type CatalogEntry = {
  /** What a client asks for. `isObjectId` says which texts can be one. */
  readonly id: string;
  /** The id of the collection that it is in, by which access to it is granted. */
  readonly collection: string;
  /** The name of a store in the configuration. */
  readonly store: string;
  /** Empty for a store without buckets. */
  readonly bucket: string;
  readonly key: string;
  /** The one stored version that this id names, where the store keeps several. */
  readonly versionId?: string;
  /** The length of the whole object, in bytes. */
  readonly size: number;
  /** The strong validator that the store gave the object when it was catalogued, in quotes. */
  readonly etag: string;
  /** The size, in bytes, of the parts that it was uploaded in (the last may be smaller), where that is known. */
  readonly partBytes?: number;
  readonly lastModified?: Date;
  /** The name under which a client saves the object. */
  readonly filename: string;
  readonly mediaType: string;
  /** Digests of the whole object by their names in RFC 9530: `sha-256`, `sha-512`. */
  readonly digests: Readonly<Record<string, Uint8Array>>;
  /** When a scan of its store found it no longer there. */
  readonly vanishedAt?: Date;
};

/** An entry, and what its collection says of it. */
export type FoundEntry = CatalogEntry & { readonly isPublic: boolean };

/** The collection of what was given no other. It is there from the beginning, and stays. */
export const DEFAULT_COLLECTION = 'default';

export type Collection = {
  /** Named in URLs and on the command line. */
  readonly id: string;
  readonly title: string;
  /** Whether everybody may read it; otherwise those to whom it is granted. */
  readonly isPublic: boolean;
};

export type ListOptions = {
  /** Only ids that begin with it. */
  readonly prefix?: string;
  /** Only those of this collection. */
  readonly collection?: string;
  /** Only ids that come after it: the last id of the page before. It need not be in the catalog. */
  readonly after?: string;
  /** The most entries to give. */
  readonly limit: number;
};

export interface Catalog {
  /** The entry of this id. A text that is no object id has none. */
  find(id: string): Promise<FoundEntry | undefined>;

  /** Entries in the order of their ids' UTF-8 bytes, which no later change to other entries alters. */
  list(options: ListOptions): Promise<readonly CatalogEntry[]>;

  /**
   * Adds the entry, or replaces the one with its id. Rejects with `bad-input` when the entry cannot be served, or its
   * collection is not there.
   */
  put(entry: CatalogEntry): Promise<void>;

  /** As `put`, for all of them or for none. Of two entries with one id the later counts. */
  putMany(entries: readonly CatalogEntry[]): Promise<void>;

  /** Whether there was an entry to take away. The object itself stays where it is. */
  remove(id: string): Promise<boolean>;

  collections(): Promise<readonly Collection[]>;

  /** Adds the collection, or replaces what was said of it. Rejects with `bad-input` when it cannot be one. */
  putCollection(collection: Collection): Promise<void>;

  /** Whether there was such a collection. Rejects with `bad-input` when objects are in it, or it is the default. */
  removeCollection(id: string): Promise<boolean>;

  /** Closes what the catalog holds open. Nothing may be asked of it afterwards. */
  close(): Promise<void>;
}
