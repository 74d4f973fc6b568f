// A client on a fake clock: a kernel that takes so much for it, and a machine that drinks as it pleases, with pauses. What
// the read-ahead learns of it goes through the same `Thirst` as that of a real one, by the kernel's word or without.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import type { TcpFacts } from '../kernel/tcp.ts';
import type { Body } from '../source/source.ts';
import { patternBytes } from '../testing/pattern.ts';
import { Thirst } from './thirst.ts';

export type ClientTraits = {
  readonly bytesPerMs: number;
  readonly roundTripMs: number;
  /** Whether the kernel tells what was acknowledged, and keeps its queue small. */
  readonly isTold: boolean;
  /** Of a thousand sips, how many are followed by a pause, and how long that is at most. Default: none. */
  readonly pausesPerThousand?: number;
  readonly pauseMs?: number;
};

/** What the kernel takes at most: with a low mark for what is unsent, and without. */
const TOLD_KERNEL_BYTES = 192 << 10;
const UNTOLD_KERNEL_BYTES = 4 << 20;

const LONGEST_SIP_MS = 10;

export class ModelClient {
  readonly traits: ClientTraits;
  readonly thirst: Thirst;
  readonly #clock: Clock;
  readonly #draw: () => number;
  /** Bytes that its machine has acknowledged, and those that its kernel has ever taken. */
  ackedBytes = 0;
  takenBytes = 0;
  /** While it has, it drinks nothing. */
  #hasStopped = false;
  /** Called before anything that happens here. */
  onEvent: () => void = () => {};
  #writing: { leftBytes: number; resolve(): void; reject(error: SluiceError): void } | undefined;
  #cancelSip: (() => void) | undefined;

  constructor(traits: ClientTraits, { clock, draw }: { readonly clock: Clock; readonly draw: () => number }) {
    this.traits = traits;
    this.#clock = clock;
    this.#draw = draw;
    const facts: TcpFacts = {
      unackedBytes: () => this.takenBytes - this.ackedBytes + (this.#writing?.leftBytes ?? 0),
      heldBytes: () => assert.fail('nobody needs it'),
      ackedBytes: () => this.ackedBytes,
      minRoundTripMs: () => traits.roundTripMs,
      limitUnsent: () => true,
    };
    this.thirst = new Thirst({
      socket: {} as Socket,
      facts: traits.isTold ? facts : undefined,
      clock,
      stallTimeoutMs: Number.POSITIVE_INFINITY,
      onStall: () => assert.fail('nobody waits for ever'),
    });
  }

  /** What it has drunk, as far as anyone on our side can know. */
  get drunkBytes(): number {
    return this.traits.isTold ? this.ackedBytes : this.takenBytes;
  }

  /** Reads a body to its end as flow.ts does, and compares every byte with the pattern. Resolves to what it got. */
  async run(body: Body, start: number): Promise<number> {
    let position = start;
    for (let chunk = await body.read(); chunk; chunk = await body.read()) {
      const expected = patternBytes({ start: position, end: position + chunk.bytes.length });
      assert.ok(expected.equals(chunk.bytes), `other bytes than the object has at ${position}`);
      try {
        await this.#write(chunk.bytes.length);
        assert.ok(expected.equals(chunk.bytes), `the bytes at ${position} changed while they were written`);
      } finally {
        chunk.release();
      }
      position += expected.length;
    }
    return position - start;
  }

  stop(): void {
    this.#hasStopped = true;
    this.#cancelSip?.();
    this.#cancelSip = undefined;
  }

  /** Hangs up: it takes nothing more, and a write that is under way fails. */
  leave(): void {
    this.stop();
    this.#writing?.reject(new SluiceError('closed', 'the model client has left'));
  }

  goOn(): void {
    this.#hasStopped = false;
    this.#sipSoon();
  }

  #write(bytes: number): Promise<void> {
    const writing = Promise.withResolvers<void>();
    this.#writing = { leftBytes: bytes, ...writing };
    this.#feedKernel();
    return writing.promise;
  }

  #feedKernel(): void {
    const writing = this.#writing;
    const roomBytes =
      (this.traits.isTold ? TOLD_KERNEL_BYTES : UNTOLD_KERNEL_BYTES) - this.takenBytes + this.ackedBytes;
    if (writing && roomBytes > 0) {
      const bytes = Math.min(writing.leftBytes, roomBytes);
      writing.leftBytes -= bytes;
      this.takenBytes += bytes;
      if (writing.leftBytes === 0) {
        this.#writing = undefined;
        writing.resolve();
      }
    }
    this.#sipSoon();
  }

  #sipSoon(): void {
    if (this.#hasStopped || this.takenBytes === this.ackedBytes) return;
    const { traits } = this;
    const pauses = this.#draw() * 1_000 < (traits.pausesPerThousand ?? 0);
    const sipMs = this.#draw() * LONGEST_SIP_MS;
    const pauseMs = pauses ? this.#draw() * (traits.pauseMs ?? 0) : 0;
    this.#cancelSip ??= this.#clock.after(sipMs + pauseMs, () => {
      this.onEvent();
      this.#cancelSip = undefined;
      const bytes = Math.ceil(traits.bytesPerMs * sipMs);
      this.ackedBytes = Math.min(this.takenBytes, this.ackedBytes + bytes);
      this.#feedKernel();
    });
  }
}
