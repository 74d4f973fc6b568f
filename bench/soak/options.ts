// What was asked of a soak on its command line.
import { parseArgs } from 'node:util';

export type SoakOptions = {
  readonly minutes: number;
  readonly clients: number;
  /** What chance is drawn from: of the clients and of the origin's faults. */
  readonly seed: number;
  readonly budgetMib: number;
  readonly hasFaults: boolean;
};

export const USAGE = `npm run soak -- [options]

Sends random clients to the gateway for a while, over an origin at which things go wrong, and compares every byte.
Exits with 0 when nothing was wrong and nothing is left in the end, with 1 and with what it was otherwise.

  --minutes N      how long (30); 0.5 is half a minute
  --clients N      so many at once (24)
  --seed N         what chance is drawn from (the time)
  --budget-mib N   the gateway's memory.budget (256)
  --no-faults      an origin at which nothing goes wrong
  --help           this text`;

const USUAL = { minutes: 30, clients: 24, budgetMib: 256 };

/** `undefined` when only the usage was asked for. Throws for what makes no sense. */
export function parseOptions(args: readonly string[], nowMs: number): SoakOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string' },
      clients: { type: 'string' },
      seed: { type: 'string' },
      'budget-mib': { type: 'string' },
      'no-faults': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    minutes: toMinutes(values.minutes),
    clients: toCount('--clients', values.clients, USUAL.clients),
    seed: toCount('--seed', values.seed, Math.floor(nowMs / 1000)),
    budgetMib: toCount('--budget-mib', values['budget-mib'], USUAL.budgetMib),
    hasFaults: !values['no-faults'],
  };
}

function toMinutes(value: string | undefined): number {
  if (value === undefined) return USUAL.minutes;
  const minutes = /^\d{1,5}(?:\.\d{1,3})?$/.test(value) ? Number(value) : 0;
  if (minutes === 0) throw new Error(`--minutes: got ${value}, want a number such as 30 or 0.5`);
  return minutes;
}

function toCount(name: string, value: string | undefined, usual: number): number {
  if (value === undefined) return usual;
  if (!/^[1-9]\d{0,9}$/.test(value)) throw new Error(`${name}: got ${value}, want a whole number, 1 or more`);
  return Number(value);
}
