// The contract of bundles: lists of objects that are downloaded as one tar. A bundle pins its members when it is made,
// so that its bytes, their number and their ETag never change; it gives nobody access to anything.

/** An object in one version, and where it is. */
export type PinnedObject = {
  /** Its id in the catalog. */
  readonly id: string;
  readonly store: string;
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  /** In bytes. */
  readonly size: number;
  readonly etag: string;
};

/** An object to bundle. An entry of the catalog is one. */
export type Bundleable = PinnedObject & { readonly lastModified?: Date; readonly filename: string };

/** One object of a bundle, in the version that it had when the bundle was made. */
export type BundleMember = PinnedObject & {
  /** Its path in the tar: safe to unpack, and no other member's. */
  readonly name: string;
  /** Whole seconds since 1970; 0 where it is not known. */
  readonly modifiedAtSeconds: number;
};

export type Bundle = {
  /** 64 hexadecimal digits, the SHA-256 of what is pinned: the same list makes the same bundle, here and elsewhere. */
  readonly id: string;
  /** The length of the tar, in bytes. */
  readonly size: number;
  /** The tar's strong validator, in quotes. */
  readonly etag: string;
  /** In the order in which they were asked for, which is their order in the tar. */
  readonly members: readonly BundleMember[];
};

export type ListedBundle = Pick<Bundle, 'id' | 'size' | 'etag'>;

export interface Bundles {
  /** The most members of one bundle. */
  readonly maxMembers: number;

  /**
   * The bundle of these objects in these versions, which is not kept by that. Throws `bad-input` when they cannot be
   * one bundle: none, too many, or too large together.
   */
  pin(objects: readonly Bundleable[]): Bundle;

  /** Keeps what `pin` gave; whether it was not kept before. One that was not used for long may have to go for it. */
  keep(bundle: Bundle): Promise<boolean>;

  /** The bundle of this id, if it is kept. An abort of `signal` MAY make it reject early. */
  find(id: string, options: { readonly signal: AbortSignal }): Promise<Bundle | undefined>;

  /** Bundles in the order of their ids: those that begin with `prefix` and come after `after`, at most `limit`. */
  list(options: {
    readonly prefix: string;
    readonly after: string;
    readonly limit: number;
  }): Promise<readonly ListedBundle[]>;
}
