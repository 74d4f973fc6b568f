// The side that drinks, as whoever reads ahead for it sees it. It imports nothing.

export interface Drinker {
  /** Bytes that were written to it and that it has not acknowledged. 0 where the kernel does not tell. */
  readonly undrunkBytes: number;

  /**
   * Bytes that may lie in the kernel's send queue although they count as drunk: 0 where the kernel tells what was
   * acknowledged.
   */
  readonly unseenBytes: number;

  /** The smallest round trip to it that was seen; 0 where that is not known. */
  readonly roundTripMs: number;

  /** Whether its connection has carried so much already that it need not be fed in small bites at first. */
  readonly isProven: boolean;

  /**
   * Calls back, once, when it has drunk of what was written to it, or may have. Returns how to call that off; whoever
   * asked does, in the end.
   */
  onceDrunk(callback: () => void): () => void;
}
