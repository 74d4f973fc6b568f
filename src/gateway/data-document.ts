// What the OpenAPI document says of objects and bundles, whose requests never enter the framework.
import { Type } from 'typebox';
import { objectParamsSchema } from '../admin/schemas.ts';
import type { RouteDocument } from './route-list.ts';

const BYTES = { schema: { type: 'string', format: 'binary' } };

/** Any one of them; public collections are for those, too, who show none. */
const SECURITY = [{ bearer: [] }, { token: [] }, { link: [] }, {}];

const conditionsSchema = Type.Object({
  range: Type.Optional(Type.String({ description: 'One range of bytes, or several: bytes=0-99' })),
  'if-match': Type.Optional(Type.String()),
  'if-none-match': Type.Optional(Type.String()),
  'if-modified-since': Type.Optional(Type.String()),
  'if-unmodified-since': Type.Optional(Type.String()),
  'if-range': Type.Optional(Type.String()),
});

const toFields = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));

const COMMON = ['ETag', 'Accept-Ranges', 'Content-Length', 'Content-Disposition', 'Last-Modified', 'Repr-Digest'];

function toAnswers(mediaType: string): RouteDocument {
  const content = { [mediaType]: BYTES };
  return {
    200: { description: 'All of it', headers: toFields(COMMON), content },
    206: {
      description: 'The range that was asked for; several as multipart/byteranges',
      headers: toFields([...COMMON, 'Content-Range']),
      content: { ...content, 'multipart/byteranges': BYTES },
    },
    304: { type: 'null', description: 'It is what the client has', headers: toFields(['ETag']) },
  };
}

export const OBJECT_DOCUMENT: RouteDocument = {
  operationId: 'getObjectContent',
  summary: 'Get an object, or a part of it',
  description: 'The id may have slashes, percent-encoded or not.',
  tags: ['data'],
  security: SECURITY,
  params: objectParamsSchema,
  headers: conditionsSchema,
  response: toAnswers('*/*'),
};

export const BUNDLE_TAR_DOCUMENT: RouteDocument = {
  operationId: 'getBundle',
  summary: 'Get a bundle as a tar, or a part of it',
  tags: ['data'],
  security: SECURITY,
  params: Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{64}$' }) }),
  headers: conditionsSchema,
  response: toAnswers('application/x-tar'),
};
