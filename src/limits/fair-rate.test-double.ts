// Streams that want bytes on a clock that a test moves, and what each of them had when.
import { FakeClock } from '../clock.test-double.ts';
import { FairRates } from './fair-rate.ts';
import type { RatedStream } from './fair-rate.ts';

export type Grant = {
  readonly name: string;
  readonly principal: string;
  readonly atMs: number;
  readonly bytes: number;
};

export type Hunger = {
  /** How many bytes it asks for at a time. Default: a slab. */
  readonly chunkBytes?: number;
  /** How long its client and its store take for each piece. Default: no time. */
  readonly idleMs?: number;
};

export class RateTrial {
  readonly clock = new FakeClock();
  readonly rates: FairRates;
  readonly grants: Grant[] = [];
  /** Streams that were closed while they waited. */
  closedCount = 0;

  constructor(bytesPerSecond?: number) {
    this.rates = new FairRates({ clock: this.clock, bytesPerSecond });
  }

  /** A stream that always wants more; returns how to end it, as a hang-up does. */
  start(
    name: string,
    rate: { readonly principal: string; readonly bytesPerSecond?: number },
    hunger: Hunger = {},
  ): () => void {
    const stream = this.rates.open(rate.principal, rate.bytesPerSecond);
    if (!stream) throw new Error('a test wants a stream that is limited');
    const controller = new AbortController();
    void this.#eat({ name, principal: rate.principal, stream, signal: controller.signal, ...hunger });
    return () => {
      controller.abort();
      stream.end();
    };
  }

  /** What a stream had from then on, and before then. */
  bytesOf(
    name: string,
    { fromMs = 0, untilMs = Infinity }: { readonly fromMs?: number; readonly untilMs?: number } = {},
  ): number {
    return this.grants
      .filter((grant) => grant.name === name && grant.atMs >= fromMs && grant.atMs < untilMs)
      .reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** By how much the most that was had in any span of time exceeds what `bytesPerSecond` brings in it. */
  excessBytes(bytesPerSecond: number, grants: readonly Grant[] = this.grants): number {
    let level = 0;
    let most = 0;
    let beforeMs = 0;
    for (const { atMs, bytes } of grants) {
      level = Math.max(0, level - ((atMs - beforeMs) / 1000) * bytesPerSecond) + bytes;
      beforeMs = atMs;
      most = Math.max(most, level);
    }
    return most;
  }

  async #eat(
    eater: { name: string; principal: string; stream: RatedStream; signal: AbortSignal } & Hunger,
  ): Promise<void> {
    const { name, principal, stream, signal, chunkBytes = 1 << 20, idleMs = 0 } = eater;
    try {
      for (let left = chunkBytes; !signal.aborted; left = left > 0 ? left : chunkBytes) {
        const bytes = await stream.take(left, { signal });
        left -= bytes;
        this.grants.push({ name, principal, atMs: this.clock.now(), bytes });
        if (idleMs > 0) await new Promise<void>((resolve) => void this.clock.after(idleMs, resolve));
      }
    } catch {
      this.closedCount += 1;
    }
  }
}
