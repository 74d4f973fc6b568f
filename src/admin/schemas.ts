// What an administrator sends and gets, said once: the types, what requests are checked against, and the OpenAPI
// document all come from here. Times are ISO 8601 in UTC, sizes are bytes, digests are hexadecimal.
import { Type } from 'typebox';
import type { Static } from 'typebox';

const closed = { additionalProperties: false } as const;

const id = Type.String({ minLength: 1, maxLength: 1024 });
/** No control character: it would break a line of a log, and PostgreSQL takes no NUL. */
const name = Type.String({ minLength: 1, maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' });
const time = Type.String({ format: 'date-time', maxLength: 40 });
const bytes = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const collectionId = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' });
const digests = Type.Record(Type.String(), Type.String({ pattern: '^(?:[0-9a-f]{2})+$', maxLength: 128 }));

const DEFAULT_LIMIT = 1_000;
const limit = Type.Integer({ minimum: 1, maximum: 10_000, default: DEFAULT_LIMIT });

/** How many items a page has that was asked for without a limit. */
export function limitOf({ limit = DEFAULT_LIMIT }: { readonly limit?: number }): number {
  return limit;
}

export const collectionParamsSchema = Type.Object({ id: collectionId }, closed);
export const objectParamsSchema = Type.Object({ id }, closed);
export const nameParamsSchema = Type.Object({ id: name }, closed);
export const principalParamsSchema = Type.Object({ principal: name }, closed);

export const collectionSchema = Type.Object(
  { id: collectionId, title: Type.String({ maxLength: 256 }), isPublic: Type.Boolean() },
  closed,
);
export const newCollectionSchema = Type.Object(
  { title: Type.Optional(Type.String({ maxLength: 256 })), isPublic: Type.Optional(Type.Boolean()) },
  closed,
);
export const collectionsSchema = Type.Object({ items: Type.Array(collectionSchema) }, closed);

export const objectSchema = Type.Object(
  {
    id,
    collection: collectionId,
    store: name,
    bucket: Type.String(),
    key: Type.String({ minLength: 1 }),
    versionId: Type.Optional(Type.String()),
    size: bytes,
    etag: Type.String(),
    partBytes: Type.Optional(bytes),
    lastModified: Type.Optional(time),
    filename: Type.String(),
    mediaType: Type.String(),
    digests,
    vanishedAt: Type.Optional(time),
  },
  closed,
);
/** Its size and version are asked of its store. */
export const newObjectSchema = Type.Object(
  {
    store: name,
    bucket: Type.String({ maxLength: 256 }),
    key: Type.String({ minLength: 1, maxLength: 1024 }),
    versionId: Type.Optional(Type.String({ maxLength: 1024 })),
    collection: Type.Optional(collectionId),
    filename: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
    mediaType: Type.Optional(Type.String({ maxLength: 255 })),
    digests: Type.Optional(digests),
  },
  closed,
);
export const objectsSchema = Type.Object({ items: Type.Array(objectSchema), next: Type.Optional(id) }, closed);
const selection = {
  prefix: Type.Optional(Type.String({ maxLength: 1024 })),
  collection: Type.Optional(collectionId),
};
const page = { after: Type.Optional(id), limit: Type.Optional(limit) };
export const objectsQuerySchema = Type.Object({ ...selection, ...page }, closed);
export const selectionQuerySchema = Type.Object(selection, closed);
export const manifestQuerySchema = Type.Object(
  {
    ...selection,
    /** Where clients find the gateway; left out, it is where the request was sent to. */
    baseUrl: Type.Optional(Type.String({ pattern: '^https?://[^\\s\\u0000-\\u001f\\u007f?#]+$', maxLength: 1024 })),
  },
  closed,
);
export const importedSchema = Type.Object({ imported: Type.Integer() }, closed);

export const scanSchema = Type.Object(
  {
    store: name,
    bucket: Type.String({ maxLength: 256 }),
    prefix: Type.Optional(Type.String({ maxLength: 1024 })),
    idPrefix: Type.Optional(Type.String({ maxLength: 1024 })),
    collection: Type.Optional(collectionId),
  },
  closed,
);
export const scanCountsSchema = Type.Object(
  {
    seen: Type.Integer(),
    added: Type.Integer(),
    changed: Type.Integer(),
    unchanged: Type.Integer(),
    /** There again, as they were before they vanished. */
    returned: Type.Integer(),
    vanished: Type.Integer(),
    refused: Type.Integer(),
  },
  closed,
);
/** One line of the answer to a scan. The last one is `done`, or `failed`; without either it was broken off. */
export const scanLineSchema = Type.Union([
  Type.Object({ kind: Type.Literal('progress'), counts: scanCountsSchema }, closed),
  Type.Object({ kind: Type.Literal('refused'), key: Type.String(), reason: Type.String() }, closed),
  Type.Object(
    {
      kind: Type.Literal('done'),
      counts: scanCountsSchema,
      /** Where it has gone on, if it was broken off before. */
      resumedAfter: Type.Optional(Type.String()),
      /** False where the store lists in no order of keys: what has vanished from it was not looked for to the end. */
      isOrdered: Type.Boolean(),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('failed'), title: Type.String() }, closed),
]);

const scope = Type.Enum(['read', 'admin']);
export const newTokenSchema = Type.Object(
  {
    principal: name,
    scopes: Type.Optional(Type.Array(scope, { minItems: 1, uniqueItems: true })),
    /** `["*"]` for all of them. */
    collections: Type.Optional(Type.Array(Type.Union([Type.Literal('*'), collectionId]), { maxItems: 1_000 })),
    expiresAt: Type.Optional(time),
  },
  closed,
);
export const tokenSchema = Type.Object(
  {
    id: name,
    principal: name,
    scopes: Type.Array(scope),
    collections: Type.Array(Type.String()),
    createdAt: time,
    expiresAt: Type.Optional(time),
    revokedAt: Type.Optional(time),
  },
  closed,
);
export const createdTokenSchema = Type.Object({ ...tokenSchema.properties, token: Type.String() }, closed);
export const tokensSchema = Type.Object({ items: Type.Array(tokenSchema), next: Type.Optional(name) }, closed);
export const tokensQuerySchema = Type.Object(
  { principal: Type.Optional(name), after: Type.Optional(name), limit: Type.Optional(limit) },
  closed,
);

export const newLinkSchema = Type.Object(
  { id, expiresAt: time, address: Type.Optional(Type.String({ maxLength: 64 })) },
  closed,
);
export const linkSchema = Type.Object({ path: Type.String(), expiresAt: time }, closed);
export const linkKeySchema = Type.Object({ id: name, createdAt: time, retiredAt: Type.Optional(time) }, closed);
export const linkKeysSchema = Type.Object({ items: Type.Array(linkKeySchema) }, closed);

/** Zero transfers, or bytes a day, is a way to shut somebody out; PostgreSQL keeps the transfers in 32 bits. */
export const quotaSchema = Type.Object(
  {
    transfers: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 })),
    bytesPerSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    bytesPerDay: Type.Optional(bytes),
  },
  closed,
);
export const principalQuotaSchema = Type.Object({ principal: name, ...quotaSchema.properties }, closed);
export const quotasSchema = Type.Object({ items: Type.Array(principalQuotaSchema), next: Type.Optional(name) }, closed);
export const quotasQuerySchema = Type.Object(page, closed);

export const USAGE_BY = ['principal', 'collection', 'object', 'day'] as const;
const ownUsage = {
  by: Type.Optional(Type.Enum([...USAGE_BY])),
  /** Thirty days before `until`, if left out. */
  since: Type.Optional(time),
  /** Now, if left out. */
  until: Type.Optional(time),
  limit: Type.Optional(limit),
};
export const ownUsageQuerySchema = Type.Object(ownUsage, closed);
export const usageQuerySchema = Type.Object({ ...ownUsage, principal: Type.Optional(name) }, closed);
export const usageRowSchema = Type.Object(
  {
    /** The principal, collection, object or day. */
    key: Type.String(),
    transfers: Type.Integer(),
    complete: Type.Integer(),
    clientGone: Type.Integer(),
    sourceFailed: Type.Integer(),
    cutShort: Type.Integer(),
    underWay: Type.Integer(),
    deliveredBytes: bytes,
    receivedBytes: bytes,
    overReadBytes: bytes,
    resumed: Type.Integer(),
    firstAt: time,
    lastAt: time,
  },
  closed,
);
export const usageSchema = Type.Object({ since: time, until: time, items: Type.Array(usageRowSchema) }, closed);

export const transfersQuerySchema = Type.Object(
  { principal: Type.Optional(name), before: Type.Optional(name), limit: Type.Optional(limit) },
  closed,
);
export const transferSchema = Type.Object(
  {
    id: name,
    gateway: Type.String(),
    principal: Type.String(),
    credential: Type.Optional(Type.String()),
    object: Type.String(),
    collection: Type.String(),
    method: Type.String(),
    address: Type.Optional(Type.String()),
    status: Type.Optional(Type.Integer()),
    ranges: Type.String(),
    deliveredBytes: bytes,
    deliveredBy: Type.Enum(['acknowledged', 'accepted']),
    receivedBytes: bytes,
    overReadBytes: bytes,
    resumed: Type.Integer(),
    /** Absent while it is under way. */
    outcome: Type.Optional(Type.Enum(['complete', 'client-gone', 'source-failed', 'cut-short'])),
    error: Type.Optional(Type.String()),
    startedAt: time,
    durationMs: Type.Optional(Type.Integer()),
  },
  closed,
);
export const transfersSchema = Type.Object({ items: Type.Array(transferSchema), next: Type.Optional(name) }, closed);

export type CollectionData = Static<typeof collectionSchema>;
export type NewCollectionData = Static<typeof newCollectionSchema>;
export type ObjectData = Static<typeof objectSchema>;
export type NewObjectData = Static<typeof newObjectSchema>;
export type ObjectsPage = Static<typeof objectsSchema>;
export type ObjectsQuery = Static<typeof objectsQuerySchema>;
export type SelectionQuery = Static<typeof selectionQuerySchema>;
export type ManifestQuery = Static<typeof manifestQuerySchema>;
export type ScanData = Static<typeof scanSchema>;
export type ScanLine = Static<typeof scanLineSchema>;
export type NewTokenData = Static<typeof newTokenSchema>;
export type TokenData = Static<typeof tokenSchema>;
export type TokensPage = Static<typeof tokensSchema>;
export type TokensQuery = Static<typeof tokensQuerySchema>;
export type CreatedTokenData = Static<typeof createdTokenSchema>;
export type NewLinkData = Static<typeof newLinkSchema>;
export type LinkData = Static<typeof linkSchema>;
export type LinkKeyData = Static<typeof linkKeySchema>;
export type QuotaData = Static<typeof quotaSchema>;
export type PrincipalQuotaData = Static<typeof principalQuotaSchema>;
export type QuotasPage = Static<typeof quotasSchema>;
export type QuotasQuery = Static<typeof quotasQuerySchema>;
export type UsageQuery = Static<typeof usageQuerySchema>;
export type UsageRowData = Static<typeof usageRowSchema>;
export type UsageData = Static<typeof usageSchema>;
export type TransferData = Static<typeof transferSchema>;
export type TransfersQuery = Static<typeof transfersQuerySchema>;
export type TransfersPage = Static<typeof transfersSchema>;
