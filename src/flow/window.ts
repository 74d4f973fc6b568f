// How much may be asked of an origin and not yet be drunk by the client: the window. It is pure arithmetic over bytes
// and moments that it is told of; readahead.ts asks by it.
//
// It opens with 256 KiB, so that a client who wants ten bytes and leaves has cost no more. From then on the client's
// own drinking decides. Each time it has drunk a whole window, that becomes what this stretch says is needed, but never
// more than twice what it was:
//
// - four times what the client drinks in the shortest time from asking the origin to the client's acknowledgement.
//   Over a long way, where that time is what keeps the client waiting, this doubles the window with every round; on a
//   short way it stays small, because a small window is enough.
// - or an eighth of what the client has drunk so far, if it drinks that within a quarter of a second: whoever has taken
//   much is likely to take more, and larger requests are cheaper. So what a hang-up wastes stays in proportion.
//
// Both give way to a client that slows down: when it has drunk the window that it has, the next is as small as that, 64 KiB
// at the least. When the budget refuses, it halves.

export const FIRST_WINDOW_BYTES = 256 << 10;

/** A slow reader holds no more. */
const MIN_WINDOW_BYTES = 64 << 10;

/** Twice would keep a steady client fed; it is as much again for an origin that is slow now and then. */
const ROUNDS_AHEAD = 4;

/** Of a window, what may stay unacknowledged for a while although the client has it: the last packets. */
const HELD_BACK = 1 / 3;

const APPETITE_SHARE = 1 / 8;
const APPETITE_MS = 250;

export type Drunk = {
  readonly nowMs: number;
  /** In all, since the first byte. */
  readonly drunkBytes: number;
  /** The shortest time seen from asking to the first byte, and from writing to the client's acknowledgement. */
  readonly roundMs: number;
};

export class Window {
  readonly #maxBytes: number;
  #bytes = FIRST_WINDOW_BYTES;
  /** Where the stretch began that is being measured. It ends when a window's worth is drunk. */
  #since: { readonly ms: number; readonly drunkBytes: number } | undefined;
  #bytesPerMs = 0;
  /** Refused in this stretch: one that shrinks by what was refused does not shrink again by the next refusal. */
  #isRefused = false;

  constructor({ maxBytes }: { readonly maxBytes: number }) {
    this.#maxBytes = maxBytes;
    this.#bytes = Math.min(FIRST_WINDOW_BYTES, maxBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How fast the client drank the last stretch; 0 before the first is over. */
  get bytesPerMs(): number {
    return this.#bytesPerMs;
  }

  /** A request has gone out. The first one, or the first after a rest, begins what is measured. */
  asked({ nowMs, drunkBytes }: Omit<Drunk, 'roundMs'>): void {
    this.#since ??= { ms: nowMs, drunkBytes };
  }

  /** Whether a stretch ends when the client has drunk so far. */
  isDrunk(drunkBytes: number): boolean {
    return this.#since !== undefined && drunkBytes - this.#since.drunkBytes >= this.#bytes * (1 - HELD_BACK);
  }

  /** The client has drunk so far. */
  drank({ nowMs, drunkBytes, roundMs }: Drunk): void {
    if (!this.#since || !this.isDrunk(drunkBytes)) return;
    const stretchBytes = drunkBytes - this.#since.drunkBytes;
    // A stretch within one tick of the clock was drunk as fast as can be told.
    this.#bytesPerMs = stretchBytes / Math.max(nowMs - this.#since.ms, 0.001);
    const needBytes = ROUNDS_AHEAD * this.#bytesPerMs * roundMs;
    const appetiteBytes = Math.min(drunkBytes * APPETITE_SHARE, this.#bytesPerMs * APPETITE_MS);
    this.#set(Math.min(2 * this.#bytes, Math.max(needBytes, appetiteBytes)));
    this.#since = { ms: nowMs, drunkBytes };
    this.#isRefused = false;
  }

  /** There was no memory for all of it. */
  refused(): void {
    if (this.#isRefused) return;
    this.#isRefused = true;
    this.#set(this.#bytes / 2);
  }

  /** The client rested, and what was read ahead for it is gone: it begins anew. */
  rested(): void {
    this.#set(FIRST_WINDOW_BYTES);
    this.#since = undefined;
    this.#isRefused = false;
  }

  #set(bytes: number): void {
    this.#bytes = Math.min(this.#maxBytes, Math.max(MIN_WINDOW_BYTES, Math.floor(bytes)));
  }
}
