// The transfers under way: how many there may be, and how they come to their end when the gateway does.
import { SluiceError } from '../errors.ts';

/** Its owner calls `drain()` before it stops. */
export class Transfers {
  readonly #max: number;
  readonly #cut = new AbortController();
  readonly #idle: (() => void)[] = [];
  #count = 0;
  #draining = false;

  constructor({ max }: { readonly max: number }) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  /** Aborted when what is still under way has to end. */
  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  /** Begins one; returns how to end it. Throws `overloaded` at the limit, `closed` when the gateway is stopping. */
  begin(): () => void {
    if (this.#draining) throw new SluiceError('closed', 'the gateway is stopping');
    if (this.#count >= this.#max) throw new SluiceError('overloaded', `${this.#max} transfers are under way`);
    this.#count += 1;
    return () => {
      this.#count -= 1;
      if (this.#count === 0) for (const idle of this.#idle.splice(0)) idle();
    };
  }

  /** Takes no more; resolves when all have ended, cut short if they last longer than `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    if (this.#count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    const timer = setTimeout(() => this.#cut.abort(), graceMs);
    await promise;
    clearTimeout(timer);
  }
}
