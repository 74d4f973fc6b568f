// A database that a test can take away, or let die when it has done what it was asked and not yet said so.
import type { Kysely, KyselyPlugin, QueryResult, RootOperationNode, UnknownRow } from 'kysely';
import type { Schema } from '../database/schema.ts';
import { SluiceError } from '../errors.ts';

export class AwayDatabase implements KyselyPlugin {
  isAway = false;
  losesAnswers = false;
  /** How often it was asked. */
  askedCount = 0;
  readonly database: Kysely<Schema>;

  constructor(database: Kysely<Schema>) {
    this.database = database.withPlugin(this);
  }

  transformQuery({ node }: { readonly node: RootOperationNode }): RootOperationNode {
    this.askedCount += 1;
    if (this.isAway) throw toAway();
    return node;
  }

  async transformResult({ result }: { readonly result: QueryResult<UnknownRow> }): Promise<QueryResult<UnknownRow>> {
    if (this.losesAnswers) throw toAway();
    return result;
  }
}

function toAway(): SluiceError {
  return new SluiceError('unavailable', 'the database is away', { retryable: true });
}
