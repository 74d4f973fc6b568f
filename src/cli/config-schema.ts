// The shape of sluice.yaml, said once: the types, the validation and the published JSON Schema all come from here.
// A schema's description is a noun phrase, since an error quotes it: "got 5, want a string".
import { Type } from 'typebox';
import type { Static } from 'typebox';
import { accessSchema, awaySchema, ledgerSchema, limitsSchema } from './config-books-schema.ts';
import { closed, count, size, text, timeoutMs } from './config-types.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** A store's name is written before a colon on the command line, and in logs. */
export const STORE_NAME_PATTERN = '^[a-z0-9][a-z0-9_-]{0,62}$';

/** Load balancers ask every few seconds whether a gateway is ready, and believe the third answer at the latest. */
const MAX_DRAIN_DELAY_MS = 600_000;

const profileSchema = Type.Object(
  { profile: text("the name of a profile in the AWS configuration files, without which the default chain's is taken") },
  closed,
);

const keysSchema = Type.Object(
  {
    accessKeyId: text("the access key's id, in quotes if it is all digits"),
    secretAccessKey: text('the secret access key, in quotes if it is all digits'),
    sessionToken: Type.Optional(text('the session token of temporary credentials')),
  },
  closed,
);

const credentialsSchema = Type.Union([Type.Literal('anonymous'), profileSchema, keysSchema], {
  description:
    'anonymous, { profile: NAME }, or { accessKeyId: …, secretAccessKey: … }; left out, the AWS default chain is asked',
});

const s3StoreSchema = Type.Object(
  {
    type: Type.Literal('s3', { description: 's3' }),
    endpoint: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s/?#@]+/?$',
        description: 'an http or https URL without a path, such as https://s3.example.org; left out, AWS in the region',
      }),
    ),
    region: text("the region's name, such as us-east-1"),
    pathStyle: Type.Optional(
      Type.Boolean({
        description: 'true or false: true for https://host/bucket/key, false for https://bucket.host/key',
      }),
    ),
    credentials: Type.Optional(credentialsSchema),
    maxConnections: Type.Optional(count(65_535, 'the most connections to this store at once')),
    caFile: Type.Optional(text('the path of a PEM file with the certificate authority to trust for this store')),
  },
  closed,
);

const fileStoreSchema = Type.Object(
  { type: Type.Literal('file', { description: 'file' }), root: text('the path of the folder that is the store') },
  closed,
);

const storeSchema = Type.Union([s3StoreSchema, fileStoreSchema], {
  description: 'a map that begins with "type: s3" or "type: file"',
});

const timeoutsSchema = Type.Object(
  {
    connectMs: Type.Optional(timeoutMs('until a connection to a store is up')),
    headMs: Type.Optional(timeoutMs('until a store has answered a request')),
    upstreamStallMs: Type.Optional(timeoutMs('how long a store may be silent in the middle of a body')),
    downstreamStallMs: Type.Optional(timeoutMs('how long a client may take nothing')),
  },
  { ...closed, description: 'a map of timeouts' },
);

const memorySchema = Type.Object(
  {
    budget: Type.Optional(size('the memory for the bodies of all transfers together, at least 1MiB')),
    waitMs: Type.Optional(timeoutMs('how long a new transfer may wait for memory before it is refused')),
  },
  { ...closed, description: 'a map with budget and waitMs' },
);

const readaheadSchema = Type.Object(
  {
    maxBytes: Type.Optional(size('the most that one transfer may have asked for and its client not taken')),
    connections: Type.Optional(count(256, 'the most connections to the store that one transfer may use at once')),
  },
  { ...closed, description: 'a map with maxBytes and connections' },
);

const minimumRateSchema = Type.Object(
  {
    bytes: size('what a client must take'),
    windowMs: timeoutMs('in how much time, counting only what we had to wait for it'),
  },
  { ...closed, description: 'a map with bytes and windowMs' },
);

/** The whole file, as it is written. */
export const configFileSchema = Type.Object(
  {
    listen: Type.Optional(
      Type.String({
        pattern: '^(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$',
        description: 'a host and a port, such as 127.0.0.1:8080 or [::1]:8080',
      }),
    ),
    database: Type.Optional(text('the path of an SQLite file, such as ./sluice.db, or a postgres:// URL')),
    access: Type.Optional(accessSchema),
    log: Type.Optional(Type.Enum([...LOG_LEVELS], { description: `one of ${LOG_LEVELS.join(', ')}` })),
    stores: Type.Record(Type.String({ pattern: STORE_NAME_PATTERN }), storeSchema, {
      ...closed,
      minProperties: 1,
      description: 'a map of at least one store, from its name to its type and place',
    }),
    timeouts: Type.Optional(timeoutsSchema),
    memory: Type.Optional(memorySchema),
    readahead: Type.Optional(readaheadSchema),
    park: Type.Optional(
      Type.Object(
        {
          afterMs: Type.Optional(
            timeoutMs('how long a client may take nothing before what was read ahead for it is given up'),
          ),
        },
        { ...closed, description: 'a map with afterMs' },
      ),
    ),
    minimumRate: Type.Optional(minimumRateSchema),
    kernel: Type.Optional(
      Type.Enum(['auto', 'off'], {
        description: 'auto or off: auto asks the kernel what clients have acknowledged, where it can be asked',
      }),
    ),
    limits: Type.Optional(limitsSchema),
    ledger: Type.Optional(ledgerSchema),
    away: Type.Optional(awaySchema),
    drain: Type.Optional(
      Type.Object(
        {
          timeoutMs: Type.Optional(timeoutMs('how long running transfers may go on after a request to stop')),
          delayMs: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: MAX_DRAIN_DELAY_MS,
              description: `a whole number of milliseconds from 0 to ${MAX_DRAIN_DELAY_MS}: how long the gateway still takes new connections after it has said that it is not ready`,
            }),
          ),
        },
        { ...closed, description: 'a map with timeoutMs and delayMs' },
      ),
    ),
  },
  { ...closed, title: 'sluice.yaml', description: 'a map of settings' },
);

/** The file as it is written, before defaults. */
export type ConfigFile = Static<typeof configFileSchema>;

/** What an S3 store signs with. `undefined` is the AWS default chain. */
export type S3Credentials = Static<typeof credentialsSchema>;

/** The published JSON Schema of the file: an editor that knows it completes and checks as one types. */
export const configJsonSchema: object = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...configFileSchema,
};
