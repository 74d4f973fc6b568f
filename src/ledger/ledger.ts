// The contract of the ledger: one row for every transfer, opened when it begins and settled once, whatever becomes of it.

/** What is known when a transfer begins. */
export type TransferStart = {
  /** Who asked, as access names them. */
  readonly principal: string;
  /** With which of their credentials; never a secret. */
  readonly credential: string | undefined;
  /** The object's id in the catalog. */
  readonly id: string;
  readonly collection: string;
  readonly method: string;
  readonly remoteAddress: string | undefined;
  readonly startedAt: Date;
};

/** How far it is. */
export type TransferCounts = {
  /** The status that was sent; absent before, and when the client left before there was one. */
  readonly status: number | undefined;
  /** Half-open, in bytes of the representation; empty when no content was planned. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  /** Bytes of content that have reached the client, as far as `deliveredBy` can tell. */
  readonly deliveredBytes: number;
  /** Whether the client's machine has acknowledged those bytes, or our kernel has only accepted them. */
  readonly deliveredBy: 'acknowledged' | 'accepted';
  /** Bytes of the object that came from its store. */
  readonly receivedBytes: number;
  /** How often the store failed in the middle and was asked again for the rest. */
  readonly resumedCount: number;
};

export type TransferEnd = TransferCounts & {
  /** What came from the store and was not delivered. */
  readonly overReadBytes: number;
  readonly outcome: 'complete' | 'client-gone' | 'source-failed' | 'cut-short';
  /** Our code for what went wrong, if something did. */
  readonly error: string | undefined;
  readonly durationMs: number;
};

export interface Ledger {
  /**
   * Opens the row of a transfer. `counts` is asked now and then until the row is settled, so that a crash loses little.
   * It MUST return at once and MUST NOT throw: no transfer waits for its books.
   */
  open(start: TransferStart, counts: () => TransferCounts): OpenRow;
}

export interface OpenRow {
  /** Ends the row; a second call does nothing. It MUST return at once and MUST NOT throw. */
  settle(end: TransferEnd): void;
}
