// `sluice collection …`: the groups of objects by which access is granted.
import { Command } from 'commander';
import { SluiceError } from '../errors.ts';
import { withAdmin, withAdminOptions } from './admin-command.ts';
import type { AdminOptions } from './admin-command.ts';
import { print } from './output.ts';
import { Table } from './table.ts';

type SetOptions = AdminOptions & { readonly public?: true; readonly granted?: true; readonly title?: string };

export function collectionCommand(): Command {
  return new Command('collection')
    .description('Groups of objects: each object is in one, and access is granted by them.')
    .addCommand(listCommand())
    .addCommand(setCommand())
    .addCommand(removeCommand());
}

function listCommand(): Command {
  return withAdminOptions(new Command('list'))
    .summary('list the collections')
    .description('List the collections.')
    .option('--json', 'one JSON object a line')
    .action(async (options: AdminOptions & { readonly json?: true }) => {
      const collections = await withAdmin(options, (books, work) => books.collections(work));
      const rows = collections.map(({ id, isPublic, title }) => [id, isPublic ? 'public' : 'granted', title]);
      const lines = collections.map((collection) => `${JSON.stringify(collection)}\n`).join('');
      await print(options.json ? lines : new Table(['ID', 'ACCESS', 'TITLE']).format(rows));
    });
}

function setCommand(): Command {
  return withAdminOptions(new Command('set'))
    .summary('add a collection, or change it')
    .description('Add a collection, or change what is said of it. A new one is for those to whom it is granted.')
    .argument('<id>', 'its id: small letters, digits, ".", "_" and "-"')
    .option('--public', 'everybody may read it')
    .option('--granted', 'those may read it to whom it is granted')
    .option('--title <text>', 'what it is, for people')
    .action(async (id: string, options: SetOptions) => {
      const { public: isPublic, granted, title } = options;
      if (isPublic && granted) throw new SluiceError('bad-input', 'got --public and --granted, want one of them');
      const wanted = {
        ...(isPublic || granted ? { isPublic: isPublic === true } : {}),
        ...(title === undefined ? {} : { title }),
      };
      const collection = await withAdmin(options, (books, work) => books.putCollection(id, wanted, work));
      await print(`${collection.id} is ${collection.isPublic ? 'public' : 'for those to whom it is granted'}\n`);
    });
}

function removeCommand(): Command {
  return withAdminOptions(new Command('rm'))
    .summary('remove an empty collection')
    .description('Remove a collection that no object is in.')
    .argument('<id>', 'its id')
    .action(async (id: string, options: AdminOptions) => {
      const isRemoved = await withAdmin(options, (books, work) => books.removeCollection(id, work));
      if (!isRemoved) throw new SluiceError('not-found', `there is no collection ${JSON.stringify(id)}`);
      await print(`removed ${id}\n`);
    });
}
