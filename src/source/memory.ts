// A source whose store is this process: for tests, examples and small things that never change. Chunks are views of the
// bytes that were put; nothing is copied, and nothing is held for a body but a reference.
import { createHash } from 'node:crypto';
import { SluiceError } from '../errors.ts';
import { openPulledBody, type Puller } from './pulled-body.ts';
import { compareKeys } from './source.ts';
import type { Body, ListedObject, ListRequest, ObjectName, OpenRequest, Source, Stat } from './source.ts';

/** The most that one chunk views: what a source over a socket gives at once, so that its readers behave alike here. */
const CHUNK_BYTES = 256 << 10;

export type MemoryObjectOptions = { readonly mediaType?: string; readonly lastModified?: Date };

export type MemorySource = Source & {
  /** Keeps `bytes` themselves, not a copy: whoever puts them does not change them any more. */
  put(object: ObjectName, bytes: Uint8Array, options?: MemoryObjectOptions): Stat;
  /** Forgets an object; bodies that are open go on. Nothing happens if there is none. */
  remove(object: ObjectName): void;
};

type StoredObject = { readonly bucket: string; readonly key: string; readonly bytes: Uint8Array; readonly stat: Stat };

export function createMemorySource(): MemorySource {
  const stored = new Map<string, StoredObject>();

  function find(object: ObjectName): StoredObject {
    // Only the latest version of an object is kept, so none has a version id.
    const found = object.versionId === undefined ? stored.get(nameOf(object)) : undefined;
    if (!found) throw new SluiceError('not-found', `there is no object ${describeObject(object)} in memory`);
    return found;
  }

  return {
    put(object, bytes, options = {}) {
      const { mediaType, lastModified = new Date() } = options;
      const stat: Stat = {
        size: bytes.length,
        etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
        lastModified,
        ...(mediaType !== undefined && { mediaType }),
      };
      stored.set(nameOf(object), { bucket: object.bucket, key: object.key, bytes, stat });
      return stat;
    },
    remove(object) {
      stored.delete(nameOf(object));
    },
    async stat(object, { signal }) {
      if (signal.aborted) throw closedBySignal(signal);
      return find(object).stat;
    },
    open: (request) => openMemoryBody(request, find),
    async *list({ bucket, prefix, after, signal }: ListRequest): AsyncGenerator<ListedObject> {
      const wanted = [...stored.values()].filter(
        ({ key, ...object }) =>
          object.bucket === bucket && key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0),
      );
      for (const { key, stat } of wanted.toSorted((a, b) => compareKeys(a.key, b.key))) {
        if (signal.aborted) throw closedBySignal(signal);
        yield { ...stat, key };
      }
      if (signal.aborted) throw closedBySignal(signal);
    },
    close() {},
  };
}

function openMemoryBody(request: OpenRequest, find: (object: ObjectName) => StoredObject): Body {
  const { object, version, range, signal } = request;
  let bytes: Uint8Array | undefined;
  let position = range.start;
  const puller: Puller = {
    async open() {
      const found = find(object);
      if (found.stat.etag !== version.etag || found.stat.size !== version.size) {
        throw new SluiceError('changed', `${describeObject(object)} is ${found.stat.etag} now, not ${version.etag}`);
      }
      bytes = found.bytes;
    },
    async pull() {
      const view = bytes!.subarray(position, Math.min(position + CHUNK_BYTES, range.end));
      position += view.length;
      return { bytes: view, release() {} };
    },
    close() {
      bytes = undefined;
    },
  };
  return openPulledBody(puller, { range, signal });
}

/** A bucket and a key as one name; a NUL is in no bucket's name. */
function nameOf({ bucket, key }: ObjectName): string {
  return `${bucket}\0${key}`;
}

function describeObject({ bucket, key }: ObjectName): string {
  return bucket === '' ? key : `${bucket}/${key}`;
}

function closedBySignal(signal: AbortSignal): SluiceError {
  return new SluiceError('closed', 'the signal was aborted', { cause: signal.reason });
}
