// The transfers under way: how many there may be, and how they come to their end when the gateway does.
import { SluiceError } from '../errors.ts';

/** What can be ended before it is complete. */
type Cuttable = { cutShort(): void };

/** Its owner calls `drain()` before it stops. */
export class Transfers {
  readonly #max: number;
  readonly #underWay = new Set<Cuttable>();
  readonly #watchers = new Set<() => void>();
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
    if (this.#underWay.delete(transfer)) for (const watcher of [...this.#watchers]) watcher();
  }

  /**
   * Takes no more; resolves when all have ended, cut short if they last longer than `graceMs`. `onEnd` is called as
   * each of them ends.
   */
  async drain(graceMs: number, onEnd: () => void = () => {}): Promise<void> {
    this.#draining = true;
    if (this.count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = () => {
      onEnd();
      if (this.count === 0) resolve();
    };
    this.#watchers.add(watcher);
    const timer = setTimeout(() => {
      for (const transfer of [...this.#underWay]) transfer.cutShort();
    }, graceMs);
    await promise;
    this.#watchers.delete(watcher);
    clearTimeout(timer);
  }
}
