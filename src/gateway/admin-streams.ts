// /admin/import, /admin/export, /admin/manifest and /admin/scans: what has no length to speak of, and is never in memory
// but for a piece.
import type { FastifyRequest } from 'fastify';
import {
  importedSchema,
  manifestQuerySchema,
  scanLineSchema,
  scanSchema,
  selectionQuerySchema,
} from '../admin/schemas.ts';
import type { ScanLine } from '../admin/schemas.ts';
import { isSluiceError } from '../errors.ts';
import { toRefusal, toSluiceError } from './admin-refusal.ts';
import { addRoute } from './admin-route.ts';
import type { AdminScope, Asked } from './admin-route.ts';
import type { RouteDocument } from './route-list.ts';
import { SchemaMismatch } from './schema-check.ts';
import { sendText } from './text-stream.ts';

const NDJSON = 'application/x-ndjson';
const TSV = 'text/tab-separated-values; charset=utf-8';

/** One object a line, as the export gives it and the import takes it. */
const OBJECT_LINES: RouteDocument = {
  description: 'One JSON object a line: an object of the catalog. Whatever does not end well ends with its connection',
  content: { [NDJSON]: { schema: { type: 'string' } } },
};

/** The one route that takes anything but JSON: `scope` has a server of its own for it. */
export function addImportRoute(scope: AdminScope): void {
  const { server, underWay } = scope;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(NDJSON, (_request, content, done) => done(null, content));
  addRoute(scope, {
    method: 'POST',
    url: '/admin/import',
    operationId: 'importObjects',
    summary: 'Take in objects, one JSON object a line; what came before a failure stays',
    isChange: true,
    mediaType: NDJSON,
    document: { body: { content: OBJECT_LINES['content'] } },
    answers: { 200: importedSchema },
    handle: async ({ admin, work, request }) => {
      const imported = await admin.importObjects(underWay.content(request), work);
      return { status: 200, content: { imported }, subject: `${imported} objects` };
    },
  });
}

export function addStreamRoutes(scope: AdminScope): void {
  const send = async (
    { work, reply }: Asked<unknown, unknown>,
    pieces: AsyncIterable<string>,
    fields: Readonly<Record<string, string>>,
  ): Promise<undefined> => {
    const { stallTimeoutMs, clock } = scope;
    await sendText(reply, pieces, { fields, signal: work.signal, stallTimeoutMs, clock });
  };
  addRoute(scope, {
    method: 'GET',
    url: '/admin/export',
    operationId: 'exportObjects',
    summary: 'Give out objects, one JSON object a line',
    isChange: false,
    query: selectionQuerySchema,
    answers: { 200: OBJECT_LINES },
    handle: (asked) =>
      send(asked, asked.admin.exportObjects(asked.query, asked.work), {
        'content-type': NDJSON,
        'content-disposition': 'attachment; filename="objects.ndjson"',
      }),
  });
  addRoute(scope, {
    method: 'GET',
    url: '/admin/manifest',
    operationId: 'getManifest',
    summary: 'List objects for download clients',
    isChange: false,
    query: manifestQuerySchema,
    answers: { 200: { description: 'Tab-separated values', content: { [TSV]: { schema: { type: 'string' } } } } },
    handle: (asked) => {
      const { baseUrl = toBaseUrl(asked.request), ...selection } = asked.query;
      return send(asked, asked.admin.manifest({ ...selection, baseUrl }, asked.work), {
        'content-type': TSV,
        'content-disposition': 'attachment; filename="manifest.tsv"',
      });
    },
  });
  addRoute(scope, {
    method: 'POST',
    url: '/admin/scans',
    operationId: 'scan',
    summary: 'Bring the catalog up to what a store has; it is told while it is done, and ends when nobody listens',
    isChange: true,
    body: scanSchema,
    answers: {
      200: {
        description: 'One JSON object a line. The last one is of the kind done or failed, or the scan was broken off',
        content: { [NDJSON]: { schema: scanLineSchema } },
      },
    },
    handle: (asked) => {
      const lines = toLines(asked.admin.scan(asked.body, asked.work), scope);
      return send(asked, lines, { 'content-type': NDJSON });
    },
  });
}

/** Where this request was sent to. What stands before a gateway, and speaks TLS for it, is not known here. */
function toBaseUrl({ protocol, host }: FastifyRequest): string {
  if (host === '') throw new SchemaMismatch('it must have "baseUrl", since it has no Host');
  return `${protocol}://${host}`;
}

/** A failure after the first line is the last line. */
async function* toLines(
  lines: AsyncIterable<ScanLine>,
  { report }: AdminScope,
): AsyncGenerator<string, void, undefined> {
  let hasBegun = false;
  try {
    for await (const line of lines) {
      hasBegun = true;
      yield toLine(line);
    }
  } catch (error) {
    if (!hasBegun || isSluiceError(error, 'closed')) throw error;
    report(toSluiceError(error), '/admin/scans');
    const { problem } = toRefusal(error, { method: 'POST', mediaType: NDJSON, maxBytes: 0 });
    yield toLine({ kind: 'failed', title: problem.detail ?? problem.title });
  }
}

function toLine(line: ScanLine): string {
  return `${JSON.stringify(line)}\n`;
}
