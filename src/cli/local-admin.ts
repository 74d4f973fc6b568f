// Administration on the database that a configuration names, for the commands that run beside it.
import { pino } from 'pino';
import type { Admin } from '../admin/admin.ts';
import { createDirectAdmin } from '../admin/direct-admin.ts';
import { openDatabase } from '../database/open.ts';
import type { Source } from '../source/source.ts';
import type { Config } from './config.ts';
import { openStores } from './stores.ts';

export type LocalAdmin = {
  readonly admin: Admin;
  /** Closes the database, and the stores that were asked for something. */
  close(): Promise<void>;
};

/** Whoever opened it closes it. */
export async function openLocalAdmin(config: Config): Promise<LocalAdmin> {
  const database = await openDatabase(config.database);
  const opened: Source[] = [];
  const openSource = (name: string): Source | undefined => {
    // The others are not opened: they may be on disks and in networks that are away.
    const only = new Map([...config.stores].filter(([store]) => store === name));
    const log = pino({ level: config.log }, process.stderr);
    const source = openStores({ ...config, stores: only }, { log }).get(name);
    if (source) opened.push(source);
    return source;
  };
  const maxLinkLifetimeMs = config.access?.kind === 'granted' ? config.access.maxLinkLifetimeMs : undefined;
  return {
    admin: createDirectAdmin({ database, openSource, maxLinkLifetimeMs }),
    close: async () => {
      for (const source of opened) source.close();
      await database.destroy();
    },
  };
}
