// Scans: what the catalog tells while it goes on becomes lines that somebody takes at their own pace. The scan does not
// wait for them: of what it has counted they get the latest, and of what it has refused the first of many.
import { DEFAULT_COLLECTION } from '../catalog/catalog.ts';
import { scan } from '../catalog/scan.ts';
import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { SluiceError, isSluiceError } from '../errors.ts';
import type { Admin } from './admin.ts';
import type { DirectAdminOptions } from './direct-admin.ts';
import { checkHere } from './direct-terms.ts';
import type { ScanLine } from './schemas.ts';

/** A store that refuses many objects refuses them for one reason; the counts have them all. */
const MAX_WAITING_REFUSALS = 1_000;

export type ScanAdminOptions = Pick<DirectAdminOptions, 'openSource'> & {
  readonly database: Kysely<Schema>;
  readonly now: () => number;
};

export function createScanAdmin({ database, openSource, now }: ScanAdminOptions): Pick<Admin, 'scan'> {
  return {
    async *scan({ store, bucket, prefix = '', idPrefix = '', collection = DEFAULT_COLLECTION }, work) {
      const source = await openSource(store);
      checkHere(work.signal);
      if (!source) throw new SluiceError('bad-input', `there is no store ${JSON.stringify(store)}`);
      const leaving = new AbortController();
      const signal = AbortSignal.any([work.signal, leaving.signal]);
      const lines = new ScanLines();
      const place = { store, bucket, prefix, idPrefix, collection };
      const tell = {
        onProgress: (counts: Counts) => lines.progress(counts),
        onRefused: (refused: { readonly key: string; readonly reason: string }) => lines.refuse(refused),
      };
      const ended = scan({ ...place, source, database, signal, now, ...tell }).then(
        ({ resumedAfter, isOrdered, ...counts }) => {
          lines.end({ kind: 'done', counts, isOrdered, ...(resumedAfter === undefined ? {} : { resumedAfter }) });
        },
        (error: unknown) => lines.fail(work.signal.aborted ? work.signal.reason : toPlaceError(error, place)),
      );
      try {
        yield* lines.read();
      } finally {
        leaving.abort(new SluiceError('closed', 'nobody listens to the scan any more'));
        await ended;
      }
    },
  };
}

type Counts = Extract<ScanLine, { readonly kind: 'progress' }>['counts'];

function toPlaceError(error: unknown, { store, bucket }: { readonly store: string; readonly bucket: string }): unknown {
  if (!isSluiceError(error, 'not-found')) return error;
  return new SluiceError('bad-input', `there is nothing to list at ${store}:${bucket}`);
}

class ScanLines {
  readonly #refused: ScanLine[] = [];
  #progress: ScanLine | undefined;
  #end: ScanLine | undefined;
  #failure: { readonly error: unknown } | undefined;
  #wake = () => {};

  progress(counts: Counts): void {
    this.#progress = { kind: 'progress', counts };
    this.#wake();
  }

  refuse({ key, reason }: { readonly key: string; readonly reason: string }): void {
    if (this.#refused.length < MAX_WAITING_REFUSALS) this.#refused.push({ kind: 'refused', key, reason });
    this.#wake();
  }

  end(line: ScanLine): void {
    this.#end = line;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake();
  }

  async *read(): AsyncGenerator<ScanLine, void, undefined> {
    for (;;) {
      const line = this.#refused.shift() ?? this.#takeProgress();
      if (line) yield line;
      else if (this.#failure) throw this.#failure.error;
      else if (this.#end) {
        yield this.#end;
        return;
      } else {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wake = resolve;
        await promise;
      }
    }
  }

  #takeProgress(): ScanLine | undefined {
    const line = this.#progress;
    this.#progress = undefined;
    return line;
  }
}
