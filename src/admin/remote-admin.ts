// Administration over HTTP: every call is a request to a gateway, with a token of somebody who may do it.
import { Check } from 'typebox/schema';
import { SluiceError } from '../errors.ts';
import type { Admin, Work } from './admin.ts';
import { createExchange } from './remote-exchange.ts';
import type { Exchange, Found, RemoteOptions } from './remote-exchange.ts';
import { toShowable } from './remote-errors.ts';
import { readLines, readText } from './remote-text.ts';
import * as schemas from './schemas.ts';
import type { ScanData, ScanLine } from './schemas.ts';

/** The principal of a work is not sent: the gateway knows whose token it is. Throws `bad-input` for a wrong address. */
export function createRemoteAdmin(options: RemoteOptions): Admin {
  const exchange = createExchange(options);
  const at = (...path: readonly string[]) => ['admin', ...path];
  const atObject = (id: string) => at('objects', ...id.split('/'));
  const list = { method: 'GET' } as const;
  const put = { method: 'PUT' } as const;
  const post = { method: 'POST' } as const;
  const remove = { method: 'DELETE' } as const;
  return {
    collections: async ({ signal }) =>
      (await exchange.get({ ...list, path: at('collections'), signal }, schemas.collectionsSchema)).data.items,
    putCollection: async (id, body, { signal }) =>
      toKept(await exchange.get({ ...put, path: at('collections', id), body, signal }, schemas.collectionSchema)),
    removeCollection: (id, { signal }) => exchange.remove({ ...remove, path: at('collections', id), signal }),

    objects: async (query, { signal }) =>
      (await exchange.get({ ...list, path: at('objects'), query, signal }, schemas.objectsSchema)).data,
    object: async (id, { signal }) =>
      (await exchange.find({ ...list, path: atObject(id), signal }, schemas.objectSchema))?.data,
    putObject: async (id, body, { signal }) =>
      toKept(await exchange.get({ ...put, path: atObject(id), body, signal }, schemas.objectSchema)),
    removeObject: (id, { signal }) => exchange.remove({ ...remove, path: atObject(id), signal }),
    importObjects: async (content, { signal }) =>
      (await exchange.get({ ...post, path: at('import'), content, signal }, schemas.importedSchema)).data.imported,
    exportObjects: (query, { signal }) => readText(exchange.stream({ ...list, path: at('export'), query, signal })),
    manifest: (query, { signal }) => readText(exchange.stream({ ...list, path: at('manifest'), query, signal })),
    scan: (scan, work) => readScan(exchange, scan, work),

    tokens: async (query, { signal }) =>
      (await exchange.get({ ...list, path: at('tokens'), query, signal }, schemas.tokensSchema)).data,
    createToken: async (body, { signal }) =>
      (await exchange.get({ ...post, path: at('tokens'), body, signal }, schemas.createdTokenSchema)).data,
    revokeToken: (id, { signal }) => exchange.remove({ ...remove, path: at('tokens', id), signal }),

    createLink: async (body, { signal }) =>
      (await exchange.get({ ...post, path: at('links'), body, signal }, schemas.linkSchema)).data,
    linkKeys: async ({ signal }) =>
      (await exchange.get({ ...list, path: at('link-keys'), signal }, schemas.linkKeysSchema)).data.items,
    rotateLinkKey: async ({ signal }) =>
      (await exchange.get({ ...post, path: at('link-keys'), signal }, schemas.linkKeySchema)).data,
    removeLinkKey: (id, { signal }) => exchange.remove({ ...remove, path: at('link-keys', id), signal }),

    quotas: async (query, { signal }) =>
      (await exchange.get({ ...list, path: at('quotas'), query, signal }, schemas.quotasSchema)).data,
    putQuota: async (principal, body, { signal }) =>
      toKept(await exchange.get({ ...put, path: at('quotas', principal), body, signal }, schemas.principalQuotaSchema)),
    removeQuota: (principal, { signal }) => exchange.remove({ ...remove, path: at('quotas', principal), signal }),

    usage: async (query, { signal }) =>
      (await exchange.get({ ...list, path: ['usage'], query, signal }, schemas.usageSchema)).data,
    transfers: async (query, { signal }) =>
      (await exchange.get({ ...list, path: at('transfers'), query, signal }, schemas.transfersSchema)).data,
  };
}

function toKept<Data extends object>({ data, isNew }: Found<Data>): Data & { readonly isNew: boolean } {
  return { ...data, isNew };
}

/** The scan's lines; one that has failed rejects. */
async function* readScan(
  exchange: Exchange,
  body: ScanData,
  { signal }: Work,
): AsyncGenerator<ScanLine, void, undefined> {
  let isDone = false;
  for await (const text of readLines(exchange.stream({ method: 'POST', path: ['admin', 'scans'], body, signal }))) {
    const line = parseScanLine(text);
    if (line.kind === 'failed') throw new SluiceError('origin-failed', toShowable(line.title));
    isDone = line.kind === 'done';
    yield line;
  }
  if (!isDone) throw new SluiceError('truncated', 'the server broke the scan off; made again it goes on');
}

function parseScanLine(text: string): ScanLine {
  try {
    const line: unknown = JSON.parse(text);
    if (Check(schemas.scanLineSchema, line)) return line;
  } catch {
    // What is no JSON is no line of a scan either.
  }
  throw new SluiceError('origin-invalid', 'the server sends something else than a scan');
}
