// A range so short that there is nothing to read ahead of: one request, into memory that is reserved for all of it
// before it is asked for. What readahead.ts does for long ones would cost more here than the bytes themselves.
import { isSluiceError } from '../errors.ts';
import type { Body, ByteRange, Chunk } from '../source/source.ts';
import type { Account, Budget } from './budget.ts';
import { toPartMemoryBytes, toSlabBytes } from './cut.ts';

/** One slab, and less than any kernel takes for a client at once: whoever stalls on it holds nothing of ours. */
const SHORT_BYTES = 64 << 10;

export type ShortBodyOptions = {
  /** Opens the range. Its body is this one's to close. */
  readonly open: (range: ByteRange, slabBytes: number) => Body;
  readonly range: ByteRange;
  readonly budget: Budget;
};

/** The body of a short range; `undefined` for a long one, and where its memory must be waited for. */
export function openShort({ open, range, budget }: ShortBodyOptions): Body | undefined {
  const bytes = range.end - range.start;
  if (bytes > SHORT_BYTES) return undefined;
  const account = budget.open();
  const memoryBytes = toPartMemoryBytes(bytes);
  if (!account.takeFirst(memoryBytes)) {
    account.sleep();
    return undefined;
  }
  try {
    return new ShortBody(open(range, toSlabBytes(bytes)), { account, memoryBytes });
  } catch (error) {
    account.giveBack(memoryBytes);
    account.sleep();
    throw error;
  }
}

class ShortBody implements Body {
  readonly opened: Promise<void>;
  readonly #body: Body;
  readonly #account: Account;
  #memoryBytes: number;
  #lentCount = 0;
  #isClosed = false;

  constructor(body: Body, { account, memoryBytes }: { readonly account: Account; readonly memoryBytes: number }) {
    this.#body = body;
    this.#account = account;
    this.#memoryBytes = memoryBytes;
    this.opened = body.opened;
  }

  get receivedBytes(): number {
    return this.#body.receivedBytes;
  }

  get resumedCount(): number {
    return this.#body.resumedCount ?? 0;
  }

  async read(): Promise<Chunk | undefined> {
    const chunk = await this.#readOrEnd();
    if (!chunk) return undefined;
    this.#lentCount += 1;
    return {
      bytes: chunk.bytes,
      release: () => {
        chunk.release();
        this.#lentCount -= 1;
        this.#giveBack();
      },
    };
  }

  close(): void {
    this.#body.close();
    this.#isClosed = true;
    this.#giveBack();
  }

  /** Who comes to the end, or to a failure, may think that there is nothing left to close. */
  async #readOrEnd(): Promise<Chunk | undefined> {
    try {
      const chunk = await this.#body.read();
      if (!chunk) this.close();
      return chunk;
    } catch (error) {
      // A read too many is its caller's failure, and the body goes on.
      if (!isSluiceError(error, 'misuse')) this.close();
      throw error;
    }
  }

  /** When it is closed and nobody has any of its bytes. */
  #giveBack(): void {
    if (!this.#isClosed || this.#lentCount > 0 || this.#memoryBytes === 0) return;
    const memoryBytes = this.#memoryBytes;
    this.#memoryBytes = 0;
    this.#account.giveBack(memoryBytes);
    this.#account.sleep();
  }
}
