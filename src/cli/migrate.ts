// `sluice migrate`: brings the database to this program's schema, at a time of one's own choosing.
import { Command } from 'commander';
import { migrateDatabase, nameDatabase } from '../database/open.ts';
import { DEFAULT_CONFIG_PATH, loadConfig } from './config.ts';
import { print } from './output.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description("Bring the database to this program's schema. Every start does it too, and one at a time.")
    .option('-c, --config <file>', 'the configuration that names the database', DEFAULT_CONFIG_PATH)
    .action(async ({ config }: { readonly config: string }) => {
      const { database } = await loadConfig(config);
      const names = await migrateDatabase(database);
      const what = names.length === 0 ? 'is up to date' : `was brought up to date: ${names.join(', ')}`;
      await print(`${nameDatabase(database)} ${what}\n`);
    });
}
