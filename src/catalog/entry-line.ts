// An entry as one line of JSON, and back: what `sluice catalog list --json` prints, and what export and import write
// and read. Digests are in hex, as `sha256sum` prints them.
import type { CatalogEntry } from './catalog.ts';
import { digestLengthOf, problemsOf } from './entry-check.ts';
import { filenameOf } from './filename.ts';
import { guessMediaType } from './media-types.ts';

/** The line, without its end. */
export function formatEntryLine(entry: CatalogEntry): string {
  const { id, collection, store, bucket, key, versionId, size, etag, partBytes, lastModified } = entry;
  const { filename, mediaType, vanishedAt } = entry;
  const digests = Object.fromEntries(
    Object.entries(entry.digests).map(([name, digest]) => [name, Buffer.from(digest).toString('hex')]),
  );
  return JSON.stringify({
    ...{ id, collection, store, bucket, key, versionId, size, etag, partBytes, lastModified, filename, mediaType },
    ...{ digests, vanishedAt },
  });
}

export type ParsedLine =
  | { readonly entry: CatalogEntry }
  /** All that is wrong with the line, each in words of its own. */
  | { readonly problems: readonly string[] };

type Kind = 'text' | 'number' | 'date' | 'digests';

const FIELDS: ReadonlyMap<string, Kind> = new Map([
  ['id', 'text'],
  ['collection', 'text'],
  ['store', 'text'],
  ['bucket', 'text'],
  ['key', 'text'],
  ['versionId', 'text'],
  ['size', 'number'],
  ['etag', 'text'],
  ['partBytes', 'number'],
  ['lastModified', 'date'],
  ['filename', 'text'],
  ['mediaType', 'text'],
  ['digests', 'digests'],
  ['vanishedAt', 'date'],
]);

/** What nothing else can say. */
const REQUIRED = ['id', 'store', 'key', 'size', 'etag'] as const;

/** Stands in for a field that is wrong in itself, so that the others are looked at, too. */
const GOOD = { id: 'x', store: 'x', key: 'x', size: 0, etag: '""' };

/** RFC 3339, as `Date.toISOString` writes it. */
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** What a line says. `collection` is that of a line which names none. */
export function parseEntryLine(line: string, { collection }: { readonly collection: string }): ParsedLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problems: ['got no JSON, want one object of JSON in a line'] };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problems: ['got JSON that is no object, want one object of JSON in a line'] };
  }
  return parseFields(value as Record<string, unknown>, collection);
}

function parseFields(fields: Record<string, unknown>, collection: string): ParsedLine {
  const wrong = problemsOfFields(fields);
  const entry = toEntry((wrong.size === 0 ? fields : withoutFields(fields, wrong)) as EntryFields, collection);
  const problems = [...wrong.values(), ...problemsOf(entry)];
  return problems.length === 0 ? { entry } : { problems };
}

function withoutFields(fields: Record<string, unknown>, wrong: ReadonlyMap<string, string>): Record<string, unknown> {
  return { ...GOOD, ...Object.fromEntries(Object.entries(fields).filter(([field]) => !wrong.has(field))) };
}

/** An entry as JSON has it. */
type EntryFields = Pick<CatalogEntry, 'id' | 'store' | 'key' | 'size' | 'etag'> &
  Partial<Pick<CatalogEntry, 'collection' | 'bucket' | 'versionId' | 'partBytes' | 'filename' | 'mediaType'>> & {
    readonly lastModified?: string;
    readonly vanishedAt?: string;
    readonly digests?: Readonly<Record<string, string>>;
  };

function toEntry(fields: EntryFields, collection: string): CatalogEntry {
  const { versionId, partBytes, lastModified, vanishedAt, digests } = fields;
  const filename = fields.filename ?? filenameOf(fields.key);
  const entry: { -readonly [Field in keyof CatalogEntry]: CatalogEntry[Field] } = {
    id: fields.id,
    collection: fields.collection ?? collection,
    store: fields.store,
    bucket: fields.bucket ?? '',
    key: fields.key,
    size: fields.size,
    etag: fields.etag,
    filename,
    mediaType: fields.mediaType ?? guessMediaType(filename),
    digests: digests === undefined ? {} : toDigests(digests),
  };
  if (versionId !== undefined) entry.versionId = versionId;
  if (partBytes !== undefined) entry.partBytes = partBytes;
  if (lastModified !== undefined) entry.lastModified = new Date(lastModified);
  if (vanishedAt !== undefined) entry.vanishedAt = new Date(vanishedAt);
  return entry;
}

function toDigests(digests: Readonly<Record<string, string>>): CatalogEntry['digests'] {
  return Object.fromEntries(Object.entries(digests).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]));
}

/** What is wrong with a field in itself, by its name: it is not there, nobody knows it, or it has another type. */
function problemsOfFields(fields: Record<string, unknown>): ReadonlyMap<string, string> {
  const problems = new Map<string, string>();
  for (const field of REQUIRED) if (fields[field] === undefined) problems.set(field, `got no "${field}", want it`);
  for (const field of Object.keys(fields)) {
    const problem = problemOfField(field, fields[field]);
    if (problem !== undefined) problems.set(field, problem);
  }
  return problems;
}

function problemOfField(field: string, value: unknown): string | undefined {
  switch (FIELDS.get(field)) {
    case 'text':
      return typeof value === 'string' ? undefined : `got "${field}" ${quote(value)}, want a text`;
    case 'number':
      return typeof value === 'number' ? undefined : `got "${field}" ${quote(value)}, want a number`;
    case 'date':
      if (isDateText(value)) return undefined;
      return `got "${field}" ${quote(value)}, want a time like "2026-01-02T03:04:05Z"`;
    case 'digests':
      return problemOfDigests(value);
    default:
      return `got a field ${quote(field)}, want only ${[...FIELDS.keys()].join(', ')}`;
  }
}

function isDateText(value: unknown): boolean {
  return typeof value === 'string' && DATE.test(value) && !Number.isNaN(Date.parse(value));
}

function problemOfDigests(value: unknown): string | undefined {
  const want = 'want an object like {"sha-256":"<hex>"}';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `got "digests" ${quote(value)}, ${want}`;
  }
  for (const [name, digest] of Object.entries(value)) {
    const length = digestLengthOf(name);
    if (length === undefined) return `got a digest ${quote(name)}, want sha-256 or sha-512`;
    if (typeof digest !== 'string' || digest.length !== 2 * length || !/^[0-9a-f]*$/i.test(digest)) {
      return `got the ${name} ${quote(digest)}, want ${2 * length} hexadecimal digits`;
    }
  }
  return undefined;
}

/** As JSON, so that nothing in it can end a line; and not more than tells what it is. */
function quote(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
