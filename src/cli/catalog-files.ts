// `sluice catalog import | export | manifest`: the catalog as files, of any length, in the memory of a few lines.
import { createReadStream } from 'node:fs';
import { Command } from 'commander';
import type { SelectionQuery } from '../admin/schemas.ts';
import { withAdmin, withAdminOptions } from './admin-command.ts';
import type { AdminOptions } from './admin-command.ts';
import { print } from './output.ts';

type SelectionOptions = AdminOptions & { readonly prefix?: string; readonly collection?: string };

export function importCommand(): Command {
  return withAdminOptions(new Command('import'))
    .summary('add what a file lists')
    .description('Add the objects that a file lists, as "sluice catalog export" writes them: one JSON object a line.')
    .argument('<file>', 'the file; - for stdin')
    .action(async (file: string, options: AdminOptions) => {
      const count = await withAdmin(options, (books, work) => {
        const content = file === '-' ? process.stdin : createReadStream(file);
        return books.importObjects(content as AsyncIterable<Uint8Array>, work);
      });
      await print(`imported ${count} objects\n`);
    });
}

export function exportCommand(): Command {
  return withSelection(new Command('export'))
    .summary('write all that is known of the objects')
    .description('Write all that is known of the objects: one JSON object a line, in the order of their ids.')
    .action((options: SelectionOptions) =>
      withAdmin(options, async (books, work) => {
        for await (const text of books.exportObjects(toSelection(options), work)) await print(text);
      }),
    );
}

export function manifestCommand(): Command {
  return withSelection(new Command('manifest'))
    .summary('write a list for download clients')
    .description('Write a list for download clients: TSV, with a URL for each object.')
    .requiredOption('--base <url>', 'where the gateway is for its clients, such as https://data.example.org')
    .action((options: SelectionOptions & { readonly base: string }) =>
      withAdmin(options, async (books, work) => {
        const baseUrl = options.base.replace(/\/$/, '');
        for await (const text of books.manifest({ ...toSelection(options), baseUrl }, work)) await print(text);
      }),
    );
}

function withSelection(command: Command): Command {
  return withAdminOptions(command)
    .option('--prefix <text>', 'only ids that begin with it')
    .option('--collection <id>', 'only what is in this collection');
}

function toSelection({ prefix, collection }: SelectionOptions): SelectionQuery {
  return { ...(prefix === undefined ? {} : { prefix }), ...(collection === undefined ? {} : { collection }) };
}
