// How much of one response's content its client has received: never more than it has, and exactly that when the
// response is through. Its head, and other responses on the same connection, do not count.
//
// The connection has one count of bytes (receipt.ts). After each write it is known at which point of that count so much
// of the content ends; what is missing to that point is missing of the content. Over TLS the point is known only when
// the whole write has left, and the count is of encrypted bytes, which are more than those that they carry: so what is
// missing is never taken for less than it is, and is nothing when the point is reached.
import type { Receipt, Wait } from './receipt.ts';

export type Delivered = {
  /** Of content. */
  readonly bytes: number;
  /** Whether the client's machine has acknowledged them, or our kernel has only accepted them. */
  readonly by: 'acknowledged' | 'accepted';
};

export class Delivery {
  readonly #receipt: Receipt;
  #writtenBytes = 0;
  /** So much of the content ends there, or before. */
  #mark = { contentBytes: 0, passedBytes: 0 };
  #bytes = 0;
  /** Since the last write the kernel has been asked. */
  #hasLooked = true;
  #wait: Wait | undefined;
  /** The connection was ended by us when all was on its way: the rest may come, and nobody will know. */
  #isUntold = false;

  constructor(receipt: Receipt) {
    this.#receipt = receipt;
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get delivered(): Delivered {
    if (this.#isUntold) return { bytes: this.#writtenBytes, by: 'accepted' };
    this.#look();
    return { bytes: this.#bytes, by: this.#receipt.by };
  }

  /** So much content has been handed to the socket, and nothing after it. Returns how much it is now in all. */
  wrote(bytes: number): number {
    this.#writtenBytes += bytes;
    this.#hasLooked = false;
    this.#markEnd();
    return this.#writtenBytes;
  }

  /** The kernel has taken the first `contentBytes`. */
  taken(contentBytes: number): void {
    if (this.#receipt.by === 'accepted') this.#bytes = Math.max(this.#bytes, contentBytes);
    else if (this.#mark.contentBytes < contentBytes) this.#markEnd();
  }

  /** Nothing more will be written: an orderly end of the connection waits for all of it. */
  end(timeoutMs: number): void {
    this.#receipt.expect(this.#mark.passedBytes, timeoutMs);
  }

  /** Whether all that was written has arrived, as far as it can be told; see `Client.acknowledged`. */
  async arrived(timeoutMs: number): Promise<boolean> {
    if (!this.#hasLooked) this.#look();
    if (this.#bytes === this.#writtenBytes) return true;
    this.#wait = this.#receipt.until(this.#mark.passedBytes, timeoutMs);
    const arrival = await this.#wait.over;
    if (arrival === 'arrived') this.#bytes = this.#mark.contentBytes;
    this.#isUntold = arrival === 'ended by us';
    return this.delivered.bytes === this.#writtenBytes;
  }

  /** Ends a wait for its arrival: what is on its way is left to the kernel. */
  stopWaiting(): void {
    this.#wait?.stop();
  }

  #markEnd(): void {
    const passedBytes = this.#receipt.writtenBytes;
    if (passedBytes !== undefined) this.#mark = { contentBytes: this.#writtenBytes, passedBytes };
  }

  #look(): void {
    const { contentBytes, passedBytes } = this.#mark;
    if (this.#bytes >= contentBytes) return;
    this.#hasLooked = true;
    const missingBytes = passedBytes - this.#receipt.passedBytes;
    this.#bytes = Math.max(this.#bytes, contentBytes - Math.max(0, missingBytes));
  }
}
