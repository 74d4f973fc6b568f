// `sluice limit …`: what single principals may have, where that is not what everybody may.
import { Command } from 'commander';
import type { QuotaData } from '../admin/schemas.ts';
import { SluiceError } from '../errors.ts';
import { allPages, pageAfter, withAdmin, withAdminOptions } from './admin-command.ts';
import type { AdminOptions } from './admin-command.ts';
import { formatSize } from './entry-text.ts';
import { print } from './output.ts';
import { parseCount, parseSizeOption } from './size-option.ts';
import { Table } from './table.ts';

type SetOptions = AdminOptions & QuotaData;

export function limitCommand(): Command {
  return new Command('limit')
    .description('What a principal may have. Whoever has no limits of their own has those of the configuration.')
    .addCommand(listCommand())
    .addCommand(setCommand())
    .addCommand(removeCommand());
}

function listCommand(): Command {
  return withAdminOptions(new Command('list'))
    .summary('list who has limits of their own')
    .description('List who has limits of their own.')
    .option('--json', 'one JSON object a line')
    .action(async (options: AdminOptions & { readonly json?: true }) => {
      const quotas = await withAdmin(options, (books, work) =>
        allPages((after) => books.quotas(pageAfter(after), work)),
      );
      const numbers = ['TRANSFERS', 'A SECOND', 'A DAY'];
      const rows = quotas.map(({ principal, transfers, bytesPerSecond, bytesPerDay }) => [
        principal,
        transfers === undefined ? '-' : String(transfers),
        ...[bytesPerSecond, bytesPerDay].map((bytes) => (bytes === undefined ? '-' : formatSize(bytes))),
      ]);
      const lines = quotas.map((quota) => `${JSON.stringify(quota)}\n`).join('');
      await print(options.json ? lines : new Table(['PRINCIPAL', ...numbers], numbers).format(rows));
    });
}

function setCommand(): Command {
  return withAdminOptions(new Command('set'))
    .summary('give a principal limits of their own')
    .description(
      'Give a principal limits of their own, in the place of all that they had. What is left out is not limited.',
    )
    .argument('<principal>', 'who, as the ledger names them')
    .option('--transfers <count>', 'transfers at once', parseCount)
    .option('--bytes-per-second <size>', 'of all their transfers together, such as 100MiB', parseSizeOption)
    .option('--bytes-per-day <size>', 'from midnight to midnight UTC, such as 5TiB', parseSizeOption)
    .action(async (principal: string, options: SetOptions) => {
      const { transfers, bytesPerSecond, bytesPerDay } = options;
      const quota = {
        ...(transfers === undefined ? {} : { transfers }),
        ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
        ...(bytesPerDay === undefined ? {} : { bytesPerDay }),
      };
      await withAdmin(options, (books, work) => books.putQuota(principal, quota, work));
      await print(`${principal} has limits of their own\n`);
    });
}

function removeCommand(): Command {
  return withAdminOptions(new Command('rm'))
    .summary('give a principal the limits that everybody has')
    .description('Give a principal the limits that everybody has.')
    .argument('<principal>', 'who')
    .action(async (principal: string, options: AdminOptions) => {
      const isRemoved = await withAdmin(options, (books, work) => books.removeQuota(principal, work));
      if (!isRemoved) throw new SluiceError('not-found', `${principal} has no limits of their own`);
      await print(`${principal} has the limits that everybody has\n`);
    });
}
