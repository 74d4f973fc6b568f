// Statements whose text is made once: Kysely takes longer to write a statement than a database to run a small one.
import type { CompiledQuery, Kysely, QueryResult } from 'kysely';
import { SluiceError } from '../errors.ts';
import type { Schema } from '../database/schema.ts';

/** Runs the statement with other parameters, on `database` or in a transaction of it. */
export type Compiled<Row> = (database: Kysely<Schema>, parameters: readonly unknown[]) => Promise<QueryResult<Row>>;

/** Keeps the text of `query`. Its parameters are in the order in which they stand there. */
export function keepCompiled<Row>(query: { compile(): CompiledQuery<Row> }): Compiled<Row> {
  const compiled = query.compile();
  return (database, parameters) => {
    if (parameters.length !== compiled.parameters.length) {
      const want = `want ${compiled.parameters.length}`;
      throw new SluiceError('misuse', `got ${parameters.length} parameters for a statement, ${want}`);
    }
    return database.executeQuery({ ...compiled, parameters });
  };
}
