// What the OpenAPI document says of bundles.
import { Type } from 'typebox';
import type { RouteDocument } from './route-list.ts';

const bundleSchema = Type.Object(
  {
    id: Type.String(),
    /** Where its tar is. */
    url: Type.String(),
    size: Type.Integer(),
    etag: Type.String(),
    members: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), size: Type.Integer() })),
  },
  { additionalProperties: false },
);

export const BUNDLES_DOCUMENT: RouteDocument = {
  operationId: 'createBundle',
  summary: 'Make a bundle of objects; making one twice is making it once',
  tags: ['data'],
  security: [{ bearer: [] }, { token: [] }, {}],
  response: { 200: bundleSchema, 201: bundleSchema },
};
