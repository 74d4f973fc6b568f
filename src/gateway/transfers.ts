// The transfers under way: how many there may be, and how they come to their end when the gateway does.
import { SluiceError } from '../errors.ts';

/** What can be ended before it is complete. */
type Cuttable = { cutShort(): void };

/** Its owner calls `drain()` before it stops. */
export class Transfers {
  readonly #max: number;
  readonly #underWay = new Set<Cuttable>();
  readonly #idle: (() => void)[] = [];
  #draining = false;

  constructor({ max }: { readonly max: number }) {
    this.#max = max;
  }

  get count(): number {
    return this.#underWay.size;
  }

  /** Begins one; `end` must follow. Throws `overloaded` at the limit, `closed` when the gateway is stopping. */
  begin(transfer: Cuttable): void {
    if (this.#draining) throw new SluiceError('closed', 'the gateway is stopping');
    if (this.count >= this.#max) throw new SluiceError('overloaded', `${this.#max} transfers are under way`);
    this.#underWay.add(transfer);
  }

  /** Ends one, if it ever began. */
  end(transfer: Cuttable): void {
    this.#underWay.delete(transfer);
    if (this.count === 0) for (const idle of this.#idle.splice(0)) idle();
  }

  /** Takes no more; resolves when all have ended, cut short if they last longer than `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    if (this.count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    const timer = setTimeout(() => {
      for (const transfer of [...this.#underWay]) transfer.cutShort();
    }, graceMs);
    await promise;
    clearTimeout(timer);
  }
}
