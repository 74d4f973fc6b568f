// `sluice link` and `sluice link-key …`: URLs that carry the right to one object in them, and the keys that sign them.
import { Command } from 'commander';
import { SluiceError } from '../errors.ts';
import { withAdmin, withAdminOptions } from './admin-command.ts';
import type { AdminOptions } from './admin-command.ts';
import { parseDuration } from './duration.ts';
import { print } from './output.ts';
import { Table } from './table.ts';

type LinkOptions = AdminOptions & {
  readonly expires: number;
  readonly address?: string;
  readonly base?: string;
  readonly json?: true;
};

export function linkCommand(): Command {
  return withAdminOptions(new Command('link'))
    .description('Make a link to one object: whoever has it may read that object until it expires.')
    .argument('<id>', 'the id of the object')
    .requiredOption('--expires <time>', 'how long it is good for, such as 1h or 7d', parseDuration)
    .option('--address <prefix>', 'good from these addresses alone, such as 192.0.2.0/24')
    .option('--base <url>', 'what the link begins with (default: --server, or only the path is printed)')
    .option('--json', 'as JSON in one line')
    .action(async (id: string, options: LinkOptions) => {
      const { expires, address, json } = options;
      const expiresAt = new Date(Date.now() + expires).toISOString();
      const wanted = { id, expiresAt, ...(address === undefined ? {} : { address }) };
      const link = await withAdmin(options, (books, work) => books.createLink(wanted, work));
      const url = `${(options.base ?? options.server ?? '').replace(/\/$/, '')}${link.path}`;
      await print(json ? `${JSON.stringify({ ...link, url })}\n` : `${url}\n`);
    });
}

export function linkKeyCommand(): Command {
  return new Command('link-key')
    .description('The keys that links are signed with.')
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(removeCommand());
}

function listCommand(): Command {
  return withAdminOptions(new Command('list'))
    .summary('list the keys')
    .description('List the keys, without their secrets.')
    .action(async (options: AdminOptions) => {
      const keys = await withAdmin(options, (books, work) => books.linkKeys(work));
      const rows = keys.map(({ id, createdAt, retiredAt }) => [id, createdAt, retiredAt ?? 'in use']);
      await print(new Table(['ID', 'CREATED', 'RETIRED']).format(rows));
    });
}

function rotateCommand(): Command {
  return withAdminOptions(new Command('rotate'))
    .summary('sign with a new key from now on')
    .description('Sign with a new key from now on. Links that were signed before are good until they expire.')
    .action(async (options: AdminOptions) => {
      const { id } = await withAdmin(options, (books, work) => books.rotateLinkKey(work));
      await print(`links are signed with ${id}\n`);
    });
}

function removeCommand(): Command {
  return withAdminOptions(new Command('rm'))
    .summary('end every link that a key has signed')
    .description('Remove a key: every link that was signed with it ends.')
    .argument('<id>', 'its id')
    .action(async (id: string, options: AdminOptions) => {
      const isRemoved = await withAdmin(options, (books, work) => books.removeLinkKey(id, work));
      if (!isRemoved) throw new SluiceError('not-found', `there is no key ${JSON.stringify(id)}`);
      await print(`removed ${id}\n`);
    });
}
