// What a soak found, and what of it is wrong: the conditions that must hold when all clients have gone.

export type Findings = {
  /** What clients said: other bytes, an answer that ended early, an answer that was none. */
  readonly complaints: readonly string[];
  /** Requests that were surely heard, and those that may not have been. */
  readonly heard: number;
  readonly unheard: number;
  /** Of the ledger. */
  readonly transfers: number;
  readonly errors: readonly string[];
  readonly idleRssBytes: number;
  readonly peakRssBytes: number;
  readonly budgetBytes: number;
  readonly openFilesBefore: number;
  readonly openFilesAfter: number;
  /** Left in the end: at the origin, and at the gateway. */
  readonly connections: number;
  readonly transfersUnderWay: number;
};

const MEBIBYTE = 2 ** 20;

/** Beside the budget and what it has when it is idle: what V8 and the sockets of so many clients need. */
export const SLACK_BYTES = 64 * MEBIBYTE;

const SHOWN_COMPLAINTS = 20;

/** One line for each thing that is wrong; none when all is well. */
export function findWrongs(findings: Findings): readonly string[] {
  const { complaints, heard, unheard, transfers, errors, openFilesBefore, openFilesAfter } = findings;
  const { idleRssBytes, peakRssBytes, budgetBytes, connections, transfersUnderWay } = findings;
  const limitBytes = idleRssBytes + budgetBytes + SLACK_BYTES;
  const more = complaints.length - SHOWN_COMPLAINTS;
  const wrongs: readonly (readonly [isWrong: boolean, text: string])[] = [
    [more > 0, `and ${more} more complaints of clients`],
    [
      transfers < heard || transfers > heard + unheard,
      `the ledger has ${transfers} transfers, want ${heard} to ${heard + unheard}`,
    ],
    [
      peakRssBytes > limitBytes,
      `the memory was ${toMib(peakRssBytes)} MiB at the most, want ${toMib(limitBytes)} or less: ` +
        `${toMib(idleRssBytes)} when idle, a budget of ${toMib(budgetBytes)}, and ${toMib(SLACK_BYTES)}`,
    ],
    [connections > 0, `${connections} connections to the origin are left`],
    [transfersUnderWay > 0, `${transfersUnderWay} transfers are under way with nobody there`],
    [openFilesAfter > openFilesBefore, `${openFilesAfter} files are open, ${openFilesBefore} were before`],
  ];
  return [
    ...complaints.slice(0, SHOWN_COMPLAINTS),
    ...wrongs.flatMap(([isWrong, text]) => (isWrong ? [text] : [])),
    ...errors.map((error) => `the gateway's log: ${error}`),
  ];
}

export function toMib(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(0);
}
