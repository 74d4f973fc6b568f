// How requests that Fastify has are held to their schemas: nothing is turned into what it is not, nothing is dropped, and
// what is wrong is told in words.
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Errors } from 'typebox/schema';

/** What was sent is not what the schema wants. The message is for whoever sent it. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch';
}

/** As much of it as anyone reads: the name of a member may be as long as the content. */
const MAX_WORDS_LENGTH = 300;

/** Of the ways to miss a choice between several these tell least. */
const VAGUE: readonly string[] = ['boolean', 'const', 'anyOf'];

/** In the place of Fastify's own, which would turn what is no list into one, and drop what it does not know. */
export const compileCheck: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  return (sent: unknown) => {
    const value = httpPart === 'querystring' ? toTyped(sent, schema) : sent;
    const [isRight, errors] = Errors(schema, value);
    return isRight ? { value } : { error: new SchemaMismatch(describe(errors)) };
  };
};

type Mistake = ReturnType<typeof Errors>[1][number];

function describe(errors: readonly Mistake[]): string {
  const mistake = errors.find(({ keyword }) => !VAGUE.includes(keyword)) ?? errors.at(-1);
  return mistake ? toWords(mistake).slice(0, MAX_WORDS_LENGTH) : 'it is not what is wanted here';
}

function toWords(mistake: Mistake): string {
  const { keyword, instancePath, message, params } = mistake;
  const place = instancePath === '' ? 'it' : JSON.stringify(instancePath.slice(1).replaceAll('/', '.'));
  if (keyword === 'additionalProperties' && 'additionalProperties' in params) {
    return `${place} must not have ${toNames(params.additionalProperties)}`;
  }
  if (keyword === 'required' && 'requiredProperties' in params) {
    return `${place} must have ${toNames(params.requiredProperties)}`;
  }
  if (keyword === 'enum' && 'allowedValues' in params) {
    return `${place} must be ${(params.allowedValues as readonly unknown[]).join(' or ')}`;
  }
  return `${place} ${message}`;
}

function toNames(names: unknown): string {
  return (names as readonly string[]).map((name) => JSON.stringify(name)).join(', ');
}

/** A query has texts only; a number in it is one in decimal digits. */
function toTyped(sent: unknown, schema: TSchema): unknown {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, { readonly type?: string }>> };
  const members = Object.entries(sent as Readonly<Record<string, unknown>>).map(([name, value]) => {
    const isNumber = Object.hasOwn(properties, name) && properties[name]?.type === 'integer';
    return [name, isNumber && typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value];
  });
  return Object.fromEntries(members);
}
