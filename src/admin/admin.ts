// The contract of administration: everything that may be done to the books. The gateway offers it over HTTP and the
// commands use it, over HTTP to a gateway or on the database itself, which is all the same to them.
import type {
  CollectionData,
  CreatedTokenData,
  LinkData,
  LinkKeyData,
  NewCollectionData,
  NewLinkData,
  NewObjectData,
  NewTokenData,
  ObjectData,
  ObjectsPage,
  ObjectsQuery,
  PrincipalQuotaData,
  QuotaData,
  QuotasPage,
  QuotasQuery,
  ScanData,
  ScanLine,
  SelectionQuery,
  TokensPage,
  TokensQuery,
  TransfersPage,
  TransfersQuery,
  UsageData,
  UsageQuery,
} from './schemas.ts';

export type Work = {
  /** Who does it, as the books name them. */
  readonly principal: string;
  /** An abort ends it, and what is half done is undone or can be continued. */
  readonly signal: AbortSignal;
};

/** What was kept, and whether there was none of that name before. */
export type Kept<Data> = Data & { readonly isNew: boolean };

/**
 * Whatever is asked of it that cannot be is rejected with `bad-input`, in words for whoever asked; with a foreign
 * `cause` it is our database that has failed. What is not there is `undefined` or `false`; a database that is away is `unavailable`.
 */
export interface Admin {
  collections(work: Work): Promise<readonly CollectionData[]>;
  /** Adds it, or replaces what is said; what is left out stays as it is. */
  putCollection(id: string, collection: NewCollectionData, work: Work): Promise<Kept<CollectionData>>;
  removeCollection(id: string, work: Work): Promise<boolean>;

  objects(query: ObjectsQuery, work: Work): Promise<ObjectsPage>;
  object(id: string, work: Work): Promise<ObjectData | undefined>;
  putObject(id: string, object: NewObjectData, work: Work): Promise<Kept<ObjectData>>;
  removeObject(id: string, work: Work): Promise<boolean>;
  /** NDJSON, as `exportObjects` gives it; resolves with how many there were. What came before a failure stays. */
  importObjects(content: AsyncIterable<Uint8Array>, work: Work): Promise<number>;
  /** In pieces of any length, as is the manifest. */
  exportObjects(query: SelectionQuery, work: Work): AsyncIterable<string>;
  /** TSV for download clients, who find the gateway at `baseUrl`. */
  manifest(query: SelectionQuery & { readonly baseUrl: string }, work: Work): AsyncIterable<string>;
  /** Rejects where it fails. What was found before that, or before an abort, stays, and the same scan goes on there. */
  scan(scan: ScanData, work: Work): AsyncIterable<ScanLine>;

  tokens(query: TokensQuery, work: Work): Promise<TokensPage>;
  createToken(token: NewTokenData, work: Work): Promise<CreatedTokenData>;
  revokeToken(id: string, work: Work): Promise<boolean>;

  createLink(link: NewLinkData, work: Work): Promise<LinkData>;
  linkKeys(work: Work): Promise<readonly LinkKeyData[]>;
  /** From now on links are signed with a new key; those that were signed before go on. */
  rotateLinkKey(work: Work): Promise<LinkKeyData>;
  /** Every link that was signed with it ends. */
  removeLinkKey(id: string, work: Work): Promise<boolean>;

  quotas(query: QuotasQuery, work: Work): Promise<QuotasPage>;
  putQuota(principal: string, quota: QuotaData, work: Work): Promise<Kept<PrincipalQuotaData>>;
  removeQuota(principal: string, work: Work): Promise<boolean>;

  usage(query: UsageQuery, work: Work): Promise<UsageData>;
  transfers(query: TransfersQuery, work: Work): Promise<TransfersPage>;
}
