// What `sluice demo` prints: what there is, what to type, and a line for each transfer as it ends.
import { formatSize } from './entry-text.ts';

type Ready = { readonly gateway: string; readonly origin: string; readonly meter: string; readonly pid: number };
type Listed = { readonly id: string; readonly size: number; readonly sha256?: string };

/** macOS has Perl's tool, everybody else GNU's. */
function sha256Command(platform: NodeJS.Platform): string {
  return platform === 'darwin' ? 'shasum -a 256' : 'sha256sum';
}

export function describeDemo(ready: Ready, objects: readonly Listed[], platform: NodeJS.Platform): string {
  const { gateway, meter, pid } = ready;
  const genome = objects.find(({ id }) => id === 'genome');
  const rss = `ps -o rss= -p ${pid}`;
  return [
    `Sluice is at ${gateway}, in front of an S3 store at ${ready.origin}.`,
    '',
    ...objects.map(({ id, size }) => `  ${formatSize(size).padStart(9)}  ${gateway}/data/${id}`),
    '',
    'Try these in another terminal.',
    '',
    `A whole object. Its SHA-256 is ${genome?.sha256}:`,
    `  curl -s ${gateway}/data/genome | ${sha256Command(platform)}`,
    '',
    'Sixteen bytes from the middle of 100 GiB:',
    `  curl -s -r 50000000000-50000000015 ${gateway}/data/big | od -A d -t x1`,
    '',
    "Ten bytes of 100 GiB, then a hang-up, with the gateway's memory (KiB) before and after:",
    `  ${rss}; curl -s ${gateway}/data/big | head -c 10 | od -t x1; ${rss}`,
    '',
    'What left the store, and when it was let go:',
    `  curl -s ${meter}`,
    '',
    'Every transfer appears here as it ends. Ctrl-C ends the demo.',
    '',
    '',
  ].join('\n');
}

/** What the log ledger writes, as far as it is shown here. */
type TransferLine = {
  readonly msg: string;
  readonly method: string;
  readonly id: string;
  readonly status?: number;
  readonly outcome: string;
  readonly deliveredBytes: number;
  readonly receivedBytes: number;
  readonly overReadBytes: number;
  readonly durationMs: number;
};

/** A line of the gateway's log as a person reads it; `undefined` if it tells of no transfer. */
export function describeTransfer(line: string): string | undefined {
  let entry: TransferLine;
  try {
    entry = JSON.parse(line) as TransferLine;
  } catch {
    return undefined;
  }
  if (entry?.msg !== 'transfer') return undefined;
  return [
    `${entry.method} ${entry.id}: ${entry.status ?? 'no answer'}, ${entry.outcome}`,
    `delivered ${formatSize(entry.deliveredBytes)}`,
    `read from the store ${formatSize(entry.receivedBytes)}`,
    `over-read ${formatSize(entry.overReadBytes)}`,
    `${entry.durationMs} ms`,
  ].join(' · ');
}
