// `sluice token …`: credentials for those who may read what is not public, or change the books.
import { Command } from 'commander';
import type { NewTokenData, TokenData } from '../admin/schemas.ts';
import { SluiceError } from '../errors.ts';
import { allPages, pageAfter, withAdmin, withAdminOptions } from './admin-command.ts';
import type { AdminOptions } from './admin-command.ts';
import { parseDuration } from './duration.ts';
import { print } from './output.ts';
import { Table } from './table.ts';

type CreateOptions = AdminOptions & {
  readonly collection?: readonly string[];
  readonly all?: true;
  readonly admin?: true;
  readonly read: boolean;
  readonly expires?: number;
  readonly json?: true;
};

export function tokenCommand(): Command {
  return new Command('token')
    .description('Make and take back tokens: Authorization: Bearer TOKEN, or X-Auth-Token: TOKEN.')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return withAdminOptions(new Command('create'))
    .summary('make a token, which is shown this once')
    .description('Make a token. It is shown this once: only its hash is kept.')
    .argument('<principal>', 'whose it is, as the ledger and the limits name them')
    .option('--collection <id...>', 'collections that it may read, beside the public ones')
    .option('--all', 'it may read every collection')
    .option('--admin', 'it may change the books: collections, objects, tokens, limits')
    .option('--no-read', 'it may read nothing, and only change the books')
    .option('--expires <time>', 'how long it is good for, such as 30d (default: for ever)', parseDuration)
    .option('--json', 'as JSON in one line')
    .action(create);
}

async function create(principal: string, options: CreateOptions): Promise<void> {
  const { collection = [], all, admin, read, expires, json } = options;
  if (all && collection.length > 0) throw new SluiceError('bad-input', 'got --all and --collection, want one of them');
  if (!read && !admin)
    throw new SluiceError('bad-input', 'got --no-read without --admin: the token would be of no use');
  const token: NewTokenData = {
    principal,
    scopes: [...(read ? (['read'] as const) : []), ...(admin ? (['admin'] as const) : [])],
    collections: all ? ['*'] : [...collection],
    ...(expires === undefined ? {} : { expiresAt: new Date(Date.now() + expires).toISOString() }),
  };
  const created = await withAdmin(options, (books, work) => books.createToken(token, work));
  if (!json) process.stderr.write(`token ${created.id} of ${principal}; it is shown this once:\n`);
  await print(json ? `${JSON.stringify(created)}\n` : `${created.token}\n`);
}

type ListOptions = AdminOptions & { readonly json?: true };

function listCommand(): Command {
  return withAdminOptions(new Command('list'))
    .summary('list the tokens')
    .description('List the tokens, without their secrets.')
    .option('--json', 'one JSON object a line')
    .action(async (options: ListOptions) => {
      const tokens = await withAdmin(options, (books, work) =>
        allPages((after) => books.tokens(pageAfter(after), work)),
      );
      const table = new Table(['ID', 'PRINCIPAL', 'SCOPES', 'COLLECTIONS', 'EXPIRES']);
      const lines = tokens.map((token) => `${JSON.stringify(token)}\n`).join('');
      await print(options.json ? lines : table.format(tokens.map(toRow)));
    });
}

function toRow({ id, principal, scopes, collections, expiresAt, revokedAt }: TokenData): readonly string[] {
  const end = revokedAt === undefined ? (expiresAt ?? 'never') : 'revoked';
  return [id, principal, scopes.join(' '), collections.join(' ') || '-', end];
}

function revokeCommand(): Command {
  return withAdminOptions(new Command('revoke'))
    .summary('take a token back')
    .description('Take a token back: within a second nothing new is served for it. What is under way goes on.')
    .argument('<id>', 'its id, as "sluice token list" has it')
    .action(async (id: string, options: AdminOptions) => {
      const isRevoked = await withAdmin(options, (books, work) => books.revokeToken(id, work));
      if (!isRevoked) throw new SluiceError('not-found', `there is no token ${JSON.stringify(id)}`);
      await print(`revoked ${id}\n`);
    });
}
