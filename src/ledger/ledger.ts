// The contract of the ledger: one entry for every transfer, whatever became of it.

export type LedgerEntry = {
  /** Who asked, as access names them. */
  readonly principal: string;
  /** The object's id in the catalog. */
  readonly id: string;
  readonly method: string;
  readonly remoteAddress: string | undefined;
  /** The status that was sent; absent when the client left before there was one. */
  readonly status: number | undefined;
  /** Half-open, in bytes of the representation; empty when no content was planned. */
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
  /** Bytes of content that our kernel took for the client. */
  readonly deliveredBytes: number;
  /** Bytes of the object that came from its store. */
  readonly receivedBytes: number;
  /** What came from the store and was not delivered. */
  readonly overReadBytes: number;
  /** How often the store failed in the middle and was asked again for the rest. */
  readonly resumedCount: number;
  readonly outcome: 'complete' | 'client-gone' | 'source-failed' | 'cut-short';
  /** Our code for what went wrong, if something did. */
  readonly error: string | undefined;
  readonly startedAt: Date;
  readonly durationMs: number;
};

export interface Ledger {
  /** Takes an entry. It MUST return at once and MUST NOT throw: no transfer waits for its books. */
  record(entry: LedgerEntry): void;
}
