// `sluice usage` and `sluice transfers`: what the ledger says.
import { Command, Option } from 'commander';
import type { TransfersQuery, UsageData, UsageQuery } from '../admin/schemas.ts';
import { USAGE_BY } from '../admin/schemas.ts';
import { SluiceError } from '../errors.ts';
import { withAdmin, withAdminOptions } from './admin-command.ts';
import type { AdminOptions } from './admin-command.ts';
import { toCsvLine } from './csv.ts';
import { parseSince } from './duration.ts';
import { formatSize } from './entry-text.ts';
import { print } from './output.ts';
import { parseCount } from './size-option.ts';
import { Table } from './table.ts';

type UsageOptions = AdminOptions & {
  readonly by: (typeof USAGE_BY)[number];
  readonly since: Date;
  readonly until?: Date;
  readonly principal?: string;
  readonly limit?: number;
  readonly json?: true;
  readonly csv?: true;
};

export function usageCommand(): Command {
  return withAdminOptions(new Command('usage'))
    .description(
      'What was delivered, to whom and of what: every transfer that began in a time, those under way included.',
    )
    .addOption(new Option('--by <what>', 'one row for each').choices([...USAGE_BY]).default('principal'))
    .option('--since <time>', 'a length of time such as 7d, or a date', parseSince, parseSince('7d'))
    .option('--until <time>', 'as for --since (default: now)', parseSince)
    .option('--principal <name>', 'of one principal alone')
    .option('--limit <count>', 'at most so many rows', parseCount)
    .option('--json', 'as JSON in one line')
    .option('--csv', 'as CSV, in bytes')
    .action(usage);
}

async function usage(options: UsageOptions): Promise<void> {
  const { by, since, until, principal, limit, json, csv } = options;
  if (json && csv) throw new SluiceError('bad-input', 'got --json and --csv, want one of them');
  const query: UsageQuery = {
    by,
    since: since.toISOString(),
    ...(until === undefined ? {} : { until: until.toISOString() }),
    ...(principal === undefined ? {} : { principal }),
    ...(limit === undefined ? {} : { limit }),
  };
  const data = await withAdmin(options, (books, work) => books.usage(query, work));
  if (json) await print(`${JSON.stringify(data)}\n`);
  else await print(csv ? toCsv(by, data) : toTable(by, data));
}

function toTable(by: string, { items }: UsageData): string {
  const numbers = ['TRANSFERS', 'COMPLETE', 'LEFT', 'FAILED', 'CUT SHORT', 'UNDER WAY', 'DELIVERED', 'OVER-READ'];
  const rows = items.map((row) => [
    row.key,
    ...[row.transfers, row.complete, row.clientGone, row.sourceFailed, row.cutShort, row.underWay].map(String),
    formatSize(row.deliveredBytes),
    formatSize(row.overReadBytes),
  ]);
  return new Table([by.toUpperCase(), ...numbers], numbers).format(rows);
}

function toCsv(by: string, { items }: UsageData): string {
  const headings = [
    by,
    ...['transfers', 'complete', 'client_gone', 'source_failed', 'cut_short', 'under_way', 'delivered_bytes'],
    ...['received_bytes', 'over_read_bytes', 'resumed', 'first_at', 'last_at'],
  ];
  const lines = items.map((row) => [
    row.key,
    ...[row.transfers, row.complete, row.clientGone, row.sourceFailed, row.cutShort, row.underWay],
    ...[row.deliveredBytes, row.receivedBytes, row.overReadBytes, row.resumed],
    row.firstAt,
    row.lastAt,
  ]);
  return [headings, ...lines].map(toCsvLine).join('');
}

type TransfersOptions = AdminOptions & {
  readonly principal?: string;
  readonly limit: number;
  readonly json?: true;
};

export function transfersCommand(): Command {
  return withAdminOptions(new Command('transfers'))
    .description('The last transfers, the newest first.')
    .option('--principal <name>', 'of one principal alone')
    .option('--limit <count>', 'at most so many', parseCount, 20)
    .option('--json', 'one JSON object a line')
    .action(transfers);
}

async function transfers(options: TransfersOptions): Promise<void> {
  const { principal, json, limit } = options;
  const query: TransfersQuery = { limit: Math.min(limit, 10_000), ...(principal === undefined ? {} : { principal }) };
  const { items } = await withAdmin(options, (books, work) => books.transfers(query, work));
  const rows = items.map((row) => [
    row.startedAt,
    row.principal,
    row.object,
    row.ranges || '-',
    formatSize(row.deliveredBytes),
    row.outcome ?? 'under way',
  ]);
  const table = new Table(['STARTED', 'PRINCIPAL', 'OBJECT', 'RANGES', 'DELIVERED', 'OUTCOME'], ['DELIVERED']);
  await print(json ? items.map((row) => `${JSON.stringify(row)}\n`).join('') : table.format(rows));
}
