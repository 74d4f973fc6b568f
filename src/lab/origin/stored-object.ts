// What a bucket holds: the contract between the origin's answers and where the bytes come from.

/** Bytes of one version of one object. Whoever opened it closes it. */
export type ByteReader = {
  /** Fills the whole of `target` with the bytes at `offset`; returns false if the object no longer has them. */
  read(target: Uint8Array, offset: number): boolean | Promise<boolean>;
  close(): void;
};

/** What a listing tells of an object. */
export type ObjectSummary = {
  readonly key: string;
  readonly size: number;
  /** Strong, in quotes. */
  readonly etag: string;
  readonly lastModified: Date;
};

/** One version of one object. */
export type StoredObject = ObjectSummary & {
  readonly mediaType: string;
  readonly versionId: string;
  /** The size of every part but the last, if it came by a multipart upload. */
  readonly partSizeBytes: number | undefined;
  open(): ByteReader | Promise<ByteReader>;
};

/** What S3 calls an object whose media type nobody gave. */
export const DEFAULT_MEDIA_TYPE = 'binary/octet-stream';

/** "Creating object key names": 1,024 bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;
