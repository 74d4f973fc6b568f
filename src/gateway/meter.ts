// How far one transfer is, at any moment: for the ledger while it goes on, and for its result when it is over.
import type { Client } from '../flow/client.ts';
import type { ByteRange } from '../http/range.ts';
import type { TransferCounts } from '../ledger/ledger.ts';
import type { Body } from '../source/source.ts';

/** What content is made from: `ownBytes` are ours, such as the heads between several ranges. */
export type MeteredBody = Pick<Body, 'receivedBytes' | 'resumedCount'> & { readonly ownBytes?: number };

export class Meter {
  readonly #client: Client;
  #status: number | undefined;
  #ranges: readonly ByteRange[] = [];
  #body: MeteredBody | undefined;
  #isRefused = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** What was planned, and what it comes from. */
  plan(ranges: readonly ByteRange[], body: MeteredBody): void {
    this.#ranges = ranges;
    this.#body = body;
  }

  answered(status: number): void {
    this.#status = status;
  }

  /** The answer is a refusal: its words are no content of an object. */
  refused(status: number): void {
    this.#status = status;
    this.#isRefused = true;
  }

  counts(): TransferCounts {
    const { bytes, by } = this.#client.delivered;
    return {
      status: this.#status,
      ranges: this.#ranges,
      deliveredBytes: this.#body && !this.#isRefused ? bytes : 0,
      deliveredBy: by,
      receivedBytes: this.#body?.receivedBytes ?? 0,
      resumedCount: this.#body?.resumedCount ?? 0,
    };
  }

  /** What came from the source and was not delivered. */
  get overReadBytes(): number {
    const { receivedBytes = 0, ownBytes = 0 } = this.#body ?? {};
    return Math.max(0, receivedBytes + ownBytes - this.counts().deliveredBytes);
  }
}
