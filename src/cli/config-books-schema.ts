// The part of sluice.yaml that is about the books: who may have what, how much of it, and where that is written down.
import { Type } from 'typebox';
import { closed, count, rate, size, text, timeoutMs } from './config-types.ts';

const jwtSchema = Type.Object(
  {
    issuer: Type.String({
      pattern: '^https?://[^\\s?#]+$',
      description: "an http or https URL: the issuer's, exactly as its tokens name it in iss",
    }),
    audience: text('what the tokens must name in aud'),
    jwks: Type.Optional(text("the URL or the file of the issuer's keys; left out, the issuer's metadata say it")),
    algorithms: Type.Optional(
      Type.Array(
        Type.Enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']),
        {
          minItems: 1,
          description: 'a list of signature algorithms, such as [RS256, ES256]',
        },
      ),
    ),
    clockSkewMs: Type.Optional(timeoutMs("how far the issuer's clock may be from ours")),
    principal: Type.Optional(text('the claim that names who it is, sub if left out')),
    collections: Type.Optional(text('the claim that lists collections, or what grants maps to them')),
    admin: Type.Optional(
      Type.Object(
        { claim: text('a claim'), value: text('what it must have or contain') },
        { ...closed, description: 'a map with claim and value: whose tokens may change the books' },
      ),
    ),
    grants: Type.Optional(
      Type.Record(Type.String(), Type.Array(text('the id of a collection'), { description: 'a list of collections' }), {
        description: 'a map from values of the collections claim to lists of collections',
      }),
    ),
  },
  { ...closed, description: 'a map with issuer and audience' },
);

const accessMapSchema = Type.Object(
  {
    jwt: Type.Optional(jwtSchema),
    links: Type.Optional(
      Type.Object(
        { maxLifetimeMs: timeoutMs('the longest that a link may be good for', 366 * 86_400_000) },
        { ...closed, description: 'a map with maxLifetimeMs' },
      ),
    ),
  },
  { ...closed, description: 'a map with jwt or links' },
);

export const accessSchema = Type.Union(
  [
    Type.Literal('public', { description: 'public' }),
    Type.Literal('granted', { description: 'granted' }),
    accessMapSchema,
  ],
  {
    description:
      'public, which lets everybody who can connect read every object; granted, which lets everybody read public ' +
      'collections and the rest those to whom it is granted; or a map with jwt or links, which is granted with more',
  },
);

const quotaSchema = Type.Object(
  {
    transfers: Type.Optional(count(1_000_000, 'the most transfers at once')),
    bytesPerSecond: Type.Optional(rate('the most bytes a second')),
    bytesPerDay: Type.Optional(rate('the most bytes a day, from midnight to midnight UTC')),
  },
  { ...closed, description: 'a map with transfers, bytesPerSecond and bytesPerDay' },
);

export const limitsSchema = Type.Object(
  {
    transfers: Type.Optional(count(1_000_000, 'the most transfers at once')),
    bytesPerSecond: Type.Optional(rate('the most bytes a second, of all transfers together')),
    principal: Type.Optional(quotaSchema),
  },
  { ...closed, description: 'a map of limits' },
);

export const ledgerSchema = Type.Object(
  {
    journal: Type.Optional(text('the path of the folder where rows wait for the database, such as ./journal')),
    maxJournal: Type.Optional(size('the most that rows may take there while the database is away')),
  },
  { ...closed, description: 'a map with journal and maxJournal' },
);

export const awaySchema = Type.Object(
  {
    serveKnownMs: Type.Optional(
      timeoutMs('how long ids and tokens that are known are served while the database cannot be reached'),
    ),
  },
  { ...closed, description: 'a map with serveKnownMs' },
);
