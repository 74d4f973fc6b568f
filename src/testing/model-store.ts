// A store that can do and show all that the suite can ask for, and the source in front of it: what proves that every
// test of the suite can pass. Its methods are small, so that a faulty store overrides just the one that it gets wrong.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SluiceError } from '../errors.ts';
import { compareKeys } from '../source/source.ts';
import type { ByteRange, ListedObject, ListRequest, ObjectName, OpenRequest, Source, Stat } from '../source/source.ts';
import { LentMemory } from './lent-memory.ts';
import { patternBytes } from './pattern.ts';
import { ScriptedBody } from './scripted-body.ts';
import type { Capabilities, PlacedObject, SourceHarness } from './source-harness.ts';

const CHUNK_BYTES = 256 << 10;

/** Chunks that may wait for their reader. */
const AHEAD_CHUNKS = 2;

const BUCKET = 'bucket';

/** `seed` chooses the bytes; a replaced object has the next one. */
export type StoredObject = { readonly size: number; readonly seed: number };

/** What happens to the next body of an object. */
type Mischief = 'silence' | 'cut' | 'another-range';

export class ModelStore implements SourceHarness, Capabilities {
  protected readonly stored = new Map<string, StoredObject>();
  protected readonly held = new Set<object>();
  protected readonly memory = new LentMemory();
  readonly #mischief = new Map<string, Mischief>();
  #answers = true;
  #sentBytes = 0;

  readonly source: Source = {
    stat: (object, { signal }) => this.stat(object, signal),
    open: (request) => this.open(request),
    list: (request) => this.list(request),
    close: () => this.close(),
  };

  // The hands and eyes of the suite.

  async put({ size }: { readonly size: number }): Promise<PlacedObject> {
    const object = { bucket: BUCKET, key: `object-${this.stored.size}.` };
    const placed: StoredObject = { size, seed: 0 };
    this.stored.set(object.key, placed);
    return { object, version: { size, etag: etagOf(placed) }, bytes: (range) => patternBytes(range, placed.seed) };
  }

  async replace({ key }: ObjectName): Promise<void> {
    const { size, seed } = this.stored.get(key)!;
    this.stored.set(key, { size, seed: seed + 1 });
  }

  async remove({ key }: ObjectName): Promise<void> {
    this.stored.delete(key);
  }

  takenSlabs(): number {
    return this.memory.takenCount;
  }

  heldByOrigin(): number {
    return this.held.size;
  }

  heldNow(): number {
    return this.held.size;
  }

  sentByOrigin(): number {
    return this.#sentBytes;
  }

  hold(): void {
    this.#answers = false;
  }

  silence({ key }: ObjectName): void {
    this.#mischief.set(key, 'silence');
  }

  cut({ key }: ObjectName): void {
    this.#mischief.set(key, 'cut');
  }

  answerAnotherRange({ key }: ObjectName): void {
    this.#mischief.set(key, 'another-range');
  }

  async tearDown(): Promise<void> {}

  // The source.

  protected async stat({ key }: ObjectName, signal: AbortSignal): Promise<Stat> {
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(new SluiceError('closed', 'the signal was aborted'));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    try {
      await Promise.race([aborted.promise, this.#answers ? nextTurn() : new Promise(() => {})]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    return toStat(this.find(key));
  }

  protected open(request: OpenRequest): ScriptedBody {
    return this.begin(this.createBody(request));
  }

  protected createBody(request: OpenRequest): ScriptedBody {
    return new ScriptedBody(request, this.memory);
  }

  /** Asks the origin for a body's bytes. */
  protected begin(body: ScriptedBody): ScriptedBody {
    if (body.isOver) return body;
    this.held.add(body);
    body.onOver = () => this.told(body);
    void nextTurn().then(() => this.answer(body));
    return body;
  }

  /** The origin learns that nobody wants the body any more. */
  protected told(body: ScriptedBody): void {
    this.held.delete(body);
  }

  protected find(key: string): StoredObject {
    const found = this.stored.get(key);
    if (!found) throw new SluiceError('not-found', `there is no object ${key}`);
    return found;
  }

  /** The origin answers; the source compares its answer with what it has asked for. */
  protected answer(body: ScriptedBody): void {
    if (!this.#answers || body.isOver) return;
    const { object, range, version } = body.request;
    const mischief = this.#mischief.get(object.key);
    this.#mischief.delete(object.key);
    try {
      const found = this.find(object.key);
      this.checkVersion(version.etag, etagOf(found));
      const shift = mischief === 'another-range' ? 1 : 0;
      const answered = { start: range.start + shift, end: range.end + shift };
      this.checkRange(range, answered);
      body.confirm();
      this.send(body, { found, range: answered, mischief });
    } catch (error) {
      body.fail(error);
    }
  }

  protected checkVersion(pinned: string, answered: string): void {
    if (pinned !== answered) throw new SluiceError('changed', `the object is ${answered} now, not ${pinned}`);
  }

  protected checkRange(asked: ByteRange, answered: ByteRange): void {
    if (asked.start !== answered.start || asked.end !== answered.end) {
      throw new SluiceError('origin-invalid', 'the origin answered another range');
    }
  }

  /** Sends chunk after chunk, as far ahead of the reader as is allowed. */
  protected send(
    body: ScriptedBody,
    { found, range, mischief }: { found: StoredObject; range: ByteRange; mischief: Mischief | undefined },
  ): void {
    const { start, end } = range;
    const stop = mischief === 'silence' || mischief === 'cut' ? start + Math.ceil((end - start) / 2) : end;
    let position = start;
    const pump = (): void => {
      while (!body.isOver && position < stop && this.mayReceive(body)) {
        const next = Math.min(position + CHUNK_BYTES, stop);
        this.#sentBytes += next - position;
        body.give(this.bytesOf(found, { start: position, end: next }, body.request));
        position = next;
      }
      if (body.isOver || position < stop) return;
      if (mischief === 'silence') return;
      this.told(body);
      if (mischief === 'cut') this.endedEarly(body);
      else body.end();
    };
    body.onRead = () => void setImmediate(pump);
    pump();
  }

  protected mayReceive(body: ScriptedBody): boolean {
    return body.queuedChunks < AHEAD_CHUNKS;
  }

  protected bytesOf(found: StoredObject, range: ByteRange, _request: OpenRequest): Uint8Array {
    return patternBytes(range, found.seed);
  }

  protected endedEarly(body: ScriptedBody): void {
    body.fail(new SluiceError('truncated', 'the origin ended the body early'));
  }

  protected async *list({ bucket, prefix, after, signal }: ListRequest): AsyncGenerator<ListedObject> {
    const listing = {};
    this.held.add(listing);
    try {
      for (const [key, found] of this.inOrder()) {
        await nextTurn();
        if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
        if (after !== undefined && compareKeys(key, after) <= 0) continue;
        if (bucket === BUCKET && key.startsWith(prefix)) yield { ...toStat(found), key };
      }
    } finally {
      this.held.delete(listing);
    }
  }

  protected inOrder(): readonly (readonly [string, StoredObject])[] {
    return [...this.stored].toSorted(([a], [b]) => compareKeys(a, b));
  }

  protected close(): void {}
}

function etagOf({ size, seed }: StoredObject): string {
  return `"${size}-${seed}"`;
}

function toStat(found: StoredObject): Stat {
  return { size: found.size, etag: etagOf(found) };
}
