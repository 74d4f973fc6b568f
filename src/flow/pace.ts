// How fast a flow may go, as somebody else decides: asked for each piece before the client gets it.

export type Pace = {
  /** The most that `take` brings in a second, where there is such a limit: to read further ahead is of no use. */
  readonly bytesPerSecond?: number | undefined;

  /**
   * How many of `bytes` (from 1 to `bytes`) may be delivered now; a promise where that must be waited for. Rejects with
   * `limited` when no more may be delivered at all, and with `closed` when `signal` is aborted. Whoever has one waits for
   * its answer before it asks again.
   */
  take(bytes: number, options: { readonly signal: AbortSignal }): number | Promise<number>;
};
