// The contract between whoever wants an object's bytes and whoever has them. It imports nothing.
// Every MUST below is one test with the same words in testing/source-contract.ts; every source passes that suite.
// The law behind it: closing is O(1). A close reads nothing, buffers nothing, waits for nothing.

/** A range of bytes, half-open: `start` is included, `end` is not. */
export type ByteRange = { readonly start: number; readonly end: number };

/** Where an object is. A source that has no buckets takes `bucket` for a folder, or ignores it if it is empty. */
export type ObjectName = {
  readonly bucket: string;
  readonly key: string;
  /** One stored version of the object, where the store keeps several. */
  readonly versionId?: string;
};

/** What is pinned when a response is planned, so that every byte of it comes from one version. */
export type Version = {
  /** The length of the whole representation, in bytes. */
  readonly size: number;
  /** Its strong validator, in quotes, as RFC 9110 §8.8.3 writes it. */
  readonly etag: string;
};

/** What a source knows about an object without reading it. */
export type Stat = Version & {
  readonly lastModified?: Date;
  readonly mediaType?: string;
  /** The size, in bytes, of the parts that it was uploaded in (the last may be smaller), where that is known. */
  readonly partBytes?: number;
};

/** An object as a listing tells of it. */
export type ListedObject = Stat & { readonly key: string };

/**
 * Some bytes of a body. They are the holder's until it calls `release()`, which it does exactly once; after that
 * the memory belongs to other bytes.
 */
export type Chunk = { readonly bytes: Uint8Array; release(): void };

/** The bytes of one range of one version of one object. Whoever opened it closes it, or reads it to its end. */
export interface Body {
  /**
   * Settles when the origin has answered.
   * It MUST resolve only when the origin has confirmed the pinned version and the range that was asked for.
   * For an empty range there is nothing to ask, and it MAY resolve without.
   * It MUST reject with `changed` when the object has another version.
   * It MUST reject with `not-found` when there is no such object.
   * When nobody listens to it, its rejection MUST NOT become an unhandled one.
   */
  readonly opened: Promise<void>;

  /** Bytes of this body that have come out of the origin so far, wanted or not. */
  readonly receivedBytes: number;

  /** How often its origin failed in the middle and was asked again for the rest. Absent is never. */
  readonly resumedCount?: number;

  /**
   * The next bytes, or `undefined` after the last.
   * It MUST give the bytes of the range, in order, each exactly once, then `undefined`.
   * It MUST wait for `opened` by itself, and reject with the error of `opened`.
   * It MUST reject when the body ends early, never end as if complete.
   * A second read while one is pending MUST reject with `misuse`.
   * After a failure every later read MUST reject with the same error.
   * A body is over once: by its end, a failure or a close; what comes first stays.
   * A body that nobody reads MUST stop receiving by itself, within 4 MiB.
   */
  read(): Promise<Chunk | undefined>;

  /**
   * Lets go. Closing is O(1): it MUST return at once, whatever is left of the body, and MUST NOT throw.
   * It MAY come at any moment: before `opened`, between two reads, during one, twice, after the end.
   * A pending read or `opened` MUST reject with `closed`, and so MUST every later read.
   * The origin MUST be told before the event loop turns again: what was held for this body is let go.
   * After a close the body MUST NOT receive anything more.
   * When the chunks that were handed out are released, no slab of this body MUST be left outside its pool.
   */
  close(): void;
}

export type OpenRequest = {
  readonly object: ObjectName;
  readonly version: Version;
  /** Within the representation: `0 <= start <= end <= version.size`. */
  readonly range: ByteRange;
  /**
   * An abort MUST do what `close()` does.
   * When the body is over, no listener of it MUST be left on the signal.
   */
  readonly signal: AbortSignal;
  /** The largest piece of memory to receive into, in bytes: its holder has reserved no more. A source MAY ignore it. */
  readonly slabBytes?: number;
  /** Asks on a connection that nothing has used before, where there are connections. A source MAY ignore it. */
  readonly fresh?: boolean;
};

export type ListRequest = {
  readonly bucket: string;
  /** Only keys that begin with it. Empty for all. */
  readonly prefix: string;
  /** Only keys that come after it. It need not be the key of an object. */
  readonly after?: string;
  readonly signal: AbortSignal;
};

/**
 * The order of listings, as `Array.sort` takes it: that of the keys' UTF-8 bytes, which is that of their code points.
 * JavaScript's own is of UTF-16 units, where U+1F9EC comes before U+FFFD.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return toRank(left) - toRank(right);
  }
  return a.length - b.length;
}

/** Puts the surrogates, which stand for code points from U+10000 on, behind all other units. */
function toRank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** A store of objects. */
export interface Source {
  /**
   * What the store says of the object now.
   * It MUST reject with `not-found` when there is no such object.
   * An abort MUST make it reject with `closed`.
   */
  stat(object: ObjectName, options: { readonly signal: AbortSignal }): Promise<Stat>;

  /**
   * The bytes of one range of one version.
   * It MUST return at once; what it needs from the origin it learns afterwards.
   * An empty range MUST end without a byte.
   */
  open(request: OpenRequest): Body;

  /**
   * Every object of a bucket whose key begins with the prefix, in constant memory.
   * It MUST list in the order of the keys' UTF-8 bytes.
   * It MUST list only what comes after the key that it is to begin after.
   * An abort MUST make the next step reject with `closed`.
   * Leaving the loop MUST let go of what the listing held.
   */
  list(request: ListRequest): AsyncIterable<ListedObject>;

  /** Lets go of idle connections. Open bodies are their holders' to close. */
  close(): void;
}
