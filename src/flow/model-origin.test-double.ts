// An origin on a fake clock: it answers after a while, and each of its connections brings bytes at a speed of its own, in
// pieces of any size, into the same slabs as the wire. Whatever differs is drawn from a seed.
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import { openPulledBody } from '../source/pulled-body.ts';
import type { Puller } from '../source/pulled-body.ts';
import type { Body, ByteRange, Chunk } from '../source/source.ts';
import { patternBytes } from '../testing/pattern.ts';
import { Inbox } from '../wire/inbox.ts';
import { SlabPool } from '../wire/slab-pool.ts';

export type OriginTraits = {
  readonly latencyMs: number;
  readonly bytesPerMs: number;
  /** The most that one read of a socket brings. */
  readonly readBytes: number;
  /** How many of a thousand bodies break off in the middle. Default: none. */
  readonly failsPerThousand?: number;
};

export class ModelOrigin {
  readonly slabs = new SlabPool({ maxFreeBytes: 8 << 20 });
  readonly clock: Clock;
  readonly draw: () => number;
  readonly traits: OriginTraits;
  /** Bodies that are open now, and that ever were. */
  openCount = 0;
  askedCount = 0;
  /** Called before anything that happens here. */
  onEvent: () => void = () => {};

  constructor(traits: OriginTraits, { clock, draw }: { readonly clock: Clock; readonly draw: () => number }) {
    this.traits = traits;
    this.clock = clock;
    this.draw = draw;
  }

  open(range: ByteRange, { slabBytes, signal }: { readonly slabBytes: number; readonly signal: AbortSignal }): Body {
    this.askedCount += 1;
    return openPulledBody(new OriginPuller(this, { range, slabBytes }), { range, signal });
  }
}

class OriginPuller implements Puller {
  readonly #origin: ModelOrigin;
  readonly #range: ByteRange;
  readonly #inbox: Inbox;
  readonly #failsAt: number;
  #position: number;
  #cancel: () => void = () => {};
  #reader: PromiseWithResolvers<Chunk> | undefined;
  #failure: SluiceError | undefined;

  constructor(origin: ModelOrigin, { range, slabBytes }: { readonly range: ByteRange; readonly slabBytes: number }) {
    this.#origin = origin;
    this.#range = range;
    this.#inbox = new Inbox(origin.slabs, slabBytes);
    this.#position = range.start;
    const fails = origin.draw() * 1_000 < (origin.traits.failsPerThousand ?? 0);
    this.#failsAt = fails ? range.start + Math.floor(origin.draw() * (range.end - range.start)) : range.end;
  }

  async open(): Promise<void> {
    this.#origin.openCount += 1;
    await new Promise<void>((resolve) => {
      this.#after(this.#origin.traits.latencyMs * (0.5 + this.#origin.draw()), resolve);
    });
    this.#nextRead();
  }

  async pull(): Promise<Chunk> {
    const chunk = this.#inbox.take();
    if (chunk) return chunk;
    if (this.#failure) throw this.#failure;
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  receivedBytes(): number {
    return this.#position - this.#range.start;
  }

  close(): void {
    this.#origin.openCount -= 1;
    this.#cancel();
    this.#inbox.drop();
  }

  #after(delayMs: number, callback: () => void): void {
    this.#cancel = this.#origin.clock.after(delayMs, () => {
      this.#origin.onEvent();
      callback();
    });
  }

  #nextRead(): void {
    const { draw, traits } = this.#origin;
    const wantBytes = this.#range.end - this.#position;
    const room = this.#inbox.room(wantBytes);
    const atMost = Math.min(
      wantBytes,
      room.length,
      this.#failsAt > this.#position ? this.#failsAt - this.#position : 0,
    );
    const bytes = Math.min(atMost, 1 + Math.floor(draw() * traits.readBytes));
    this.#after(bytes / traits.bytesPerMs, () => this.#arrived(room, bytes));
  }

  #arrived(room: Buffer, bytes: number): void {
    const end = this.#position + bytes;
    room.set(patternBytes({ start: this.#position, end }));
    this.#position = end;
    this.#inbox.advance(bytes, this.#range.end - end);
    if (end === this.#range.end) {
      this.#inbox.seal();
    } else if (end === this.#failsAt) {
      this.#failure = new SluiceError('truncated', 'the model broke off');
      this.#inbox.seal();
    } else {
      this.#nextRead();
    }
    const chunk = this.#reader && this.#inbox.take();
    if (chunk) this.#reader?.resolve(chunk);
    else if (this.#failure) this.#reader?.reject(this.#failure);
    if (chunk || this.#failure) this.#reader = undefined;
  }
}
