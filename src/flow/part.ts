// One request of a read-ahead: a bounded range whose bytes are taken as fast as they come, into memory that was reserved
// for all of it before it was asked for. It ends by itself, whatever its reader does, and so does its connection's work.
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import type { Body, ByteRange, Chunk } from '../source/source.ts';
import type { Account } from './budget.ts';
import { toMemoryBytes } from './cut.ts';

/** As much of a part comes in about the time that a store takes to begin with the next one. */
const NEAR_END = 1 / 8;

export type PartOptions = {
  readonly range: ByteRange;
  readonly slabBytes: number;
  /** Holds the memory for the whole range already; the part gives it back as its bytes go. */
  readonly account: Account;
  readonly clock: Clock;
  /** Told when there is something new: bytes, the end, or a failure. */
  readonly onChange: () => void;
};

/** Its owner calls `close()`, also after the end. Chunks that were taken are their holders' to release. */
export class Part {
  readonly range: ByteRange;
  readonly body: Body;
  readonly #options: PartOptions;
  readonly #chunks: Chunk[] = [];
  readonly #askedAtMs: number;
  #reservedBytes: number;
  /** Of the range, what has not come yet. */
  #missingBytes: number;
  /** What has come and was not released. */
  #heldBytes = 0;
  #openedAtMs: number | undefined;
  /** The first bytes, by which the speed of the rest is measured. */
  #first: { readonly atMs: number; readonly bytes: number } | undefined;
  #lastAtMs = 0;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;

  constructor(open: (range: ByteRange, slabBytes: number) => Body, options: PartOptions) {
    const { range, slabBytes, clock } = options;
    this.range = range;
    this.#options = options;
    this.#missingBytes = range.end - range.start;
    this.#reservedBytes = toMemoryBytes(this.#missingBytes, slabBytes);
    this.#askedAtMs = clock.now();
    this.body = openOrFail(() => open(range, slabBytes));
    void this.#pump();
  }

  /** Whether all of its bytes have come. */
  get isWhole(): boolean {
    return this.#missingBytes === 0;
  }

  /** Whether its connection is in the middle of it: near the end the next request may go out. */
  get isBusy(): boolean {
    return this.#missingBytes > (this.range.end - this.range.start) * NEAR_END;
  }

  /** Whether all of its bytes were taken. */
  get isDrained(): boolean {
    return this.isWhole && this.#chunks.length === 0;
  }

  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** From asking to the first byte; `undefined` before. */
  get firstByteMs(): number | undefined {
    return this.#openedAtMs === undefined ? undefined : this.#openedAtMs - this.#askedAtMs;
  }

  /** How fast its connection brought it, and how many bytes say so; only what came after the first bytes was timed. */
  get timed(): { readonly bytes: number; readonly ms: number } {
    const { start, end } = this.range;
    return this.#first && this.isWhole
      ? { bytes: end - start - this.#first.bytes, ms: this.#lastAtMs - this.#first.atMs }
      : { bytes: 0, ms: 0 };
  }

  /** The next bytes, if they are here. */
  take(): Chunk | undefined {
    const chunk = this.#chunks.shift();
    if (!chunk) return undefined;
    const { bytes } = chunk;
    return {
      bytes,
      release: () => {
        chunk.release();
        this.#heldBytes -= bytes.length;
        this.#giveBack();
      },
    };
  }

  /** Lets go of the origin and of every byte that was not taken. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.body.close();
    for (const chunk of this.#chunks.splice(0)) {
      this.#heldBytes -= chunk.bytes.length;
      chunk.release();
    }
    this.#giveBack();
  }

  async #pump(): Promise<void> {
    const { clock, onChange } = this.#options;
    try {
      await this.body.opened;
      this.#openedAtMs = clock.now();
      for (let chunk = await this.body.read(); chunk; chunk = await this.body.read()) {
        if (this.#isClosed) return chunk.release();
        this.#arrived(chunk);
        onChange();
      }
      // A source that breaks the contract must not leave its reader waiting for what will never come.
      if (!this.isWhole) throw new SluiceError('truncated', 'a body ended early, as if it were complete');
    } catch (error) {
      if (this.#isClosed) return;
      this.#failure = { error };
      onChange();
    }
  }

  #arrived(chunk: Chunk): void {
    const { length } = chunk.bytes;
    if (length > this.#missingBytes) {
      chunk.release();
      throw new SluiceError('misuse', 'a body gave more bytes than its range has');
    }
    this.#lastAtMs = this.#options.clock.now();
    this.#first ??= { atMs: this.#lastAtMs, bytes: length };
    this.#missingBytes -= length;
    this.#heldBytes += length;
    this.#chunks.push(chunk);
  }

  /** What can still be in slabs: those that hold a byte of ours, wherever in them it stands. */
  #giveBack(): void {
    const { account, slabBytes } = this.#options;
    const openBytes = this.#heldBytes + (this.#isClosed ? 0 : this.#missingBytes);
    const neededBytes = openBytes === 0 ? 0 : toMemoryBytes(openBytes + slabBytes, slabBytes);
    const surplusBytes = this.#reservedBytes - neededBytes;
    if (surplusBytes <= 0) return;
    this.#reservedBytes = neededBytes;
    account.giveBack(surplusBytes);
  }
}

/** A source that throws breaks the contract. The part, for which there is memory already, then fails as any other does. */
function openOrFail(open: () => Body): Body {
  try {
    return open();
  } catch (error) {
    const failed = Promise.reject(error);
    failed.catch(() => undefined);
    return { opened: failed, receivedBytes: 0, read: () => failed, close: () => {} };
  }
}
