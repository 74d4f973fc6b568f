// What the commands that read or change the books have in common: on the database that a configuration names, or over
// HTTP on a gateway, and then in the name of whoever's token it is.
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { Admin, Work } from '../admin/admin.ts';
import { SluiceError } from '../errors.ts';
import { DEFAULT_CONFIG_PATH, loadConfig } from './config.ts';
import { interruptible } from './interrupt.ts';

export type AdminOptions = {
  readonly config: string;
  readonly server?: string;
  readonly tokenFile?: string;
};

/** The variable that holds a token where no file is named. */
const TOKEN_VARIABLE = 'SLUICE_TOKEN';

export function withAdminOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the configuration that names the database', DEFAULT_CONFIG_PATH)
    .option('--server <url>', 'ask a running gateway instead, such as https://data.example.org')
    .option('--token-file <file>', `a file with a token that may do this; left out, the variable ${TOKEN_VARIABLE}`);
}

/** Runs the task on the books. A token is never an argument: whoever lists processes would see it. */
export function withAdmin<Result>(
  options: AdminOptions,
  task: (admin: Admin, work: Work) => Promise<Result>,
): Promise<Result> {
  return interruptible(async (signal) => {
    if (options.server !== undefined) {
      const { createRemoteAdmin } = await import('../admin/remote-admin.ts');
      const admin = createRemoteAdmin({ serverUrl: options.server, token: await readToken(options) });
      return task(admin, { principal: '', signal });
    }
    if (options.tokenFile !== undefined) {
      throw new SluiceError('bad-input', 'got --token-file without --server; the database itself asks for no token');
    }
    const { openLocalAdmin } = await import('./local-admin.ts');
    const local = await openLocalAdmin(await loadConfig(options.config));
    try {
      return await task(local.admin, { principal: `local:${userInfo().username}`, signal });
    } finally {
      await local.close();
    }
  });
}

async function readToken({ tokenFile }: AdminOptions): Promise<string> {
  const text = tokenFile === undefined ? process.env[TOKEN_VARIABLE] : await readTokenFile(tokenFile);
  const token = text?.trim() ?? '';
  if (token !== '') return token;
  const got = tokenFile === undefined ? 'no token' : `the empty file ${tokenFile}`;
  throw new SluiceError('bad-input', `got ${got}, want one in --token-file or in ${TOKEN_VARIABLE}`);
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SluiceError('bad-input', `the token file ${path} cannot be read`, { cause });
  }
}

/** Every item of a list that comes in pages, in one piece: lists of people and tokens are short. */
export async function allPages<Item>(
  page: (after: string | undefined) => Promise<{ readonly items: readonly Item[]; readonly next?: string }>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (let after: string | undefined; ;) {
    const { items: more, next } = await page(after);
    items.push(...more);
    if (next === undefined) return items;
    after = next;
  }
}

/** A query for the page after `after`. */
export function pageAfter(after: string | undefined): { readonly after?: string } {
  return after === undefined ? {} : { after };
}
