// Holds what a configuration file says against its schema and words every mistake: what it got, what it wants.
// TypeBox decides whether a value fits; this walk decides which part of the schema to ask, so that a wrong region
// is told as a wrong region and not as "no S3 store, and no file store either".
import { Type } from 'typebox';
import type { TObject, TRecord, TSchema, TUnion } from 'typebox';
import { Check } from 'typebox/schema';
import { configFileSchema } from './config-schema.ts';
import type { ConfigKeys } from './config-yaml.ts';
import { nearest } from './nearest.ts';

export type SchemaMistake = { readonly keys: ConfigKeys; readonly text: string };

const STORE_NAME_TEXT =
  'got this name, want at most 63 of a to z, 0 to 9, _ and -, with a letter or a digit at the beginning';

/** As much of a value as an error repeats. */
const MAX_SHOWN_LENGTH = 60;

/** Everything in the value that the schema of the file does not allow. */
export function findMistakes(value: unknown): readonly SchemaMistake[] {
  return check(configFileSchema, value, []);
}

/** What was written, for an error. Nothing below `credentials`, and no URL with a password, is ever repeated. */
export function describeValue(value: unknown, keys: ConfigKeys): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'an empty map' : 'a map';
  if (isSecret(keys)) return `a ${typeof value}`;
  if (typeof value === 'string' && value.includes('@')) return 'a text with an @';
  const shown = typeof value === 'string' ? JSON.stringify(value) : `${value as number | boolean}`;
  return shown.length > MAX_SHOWN_LENGTH ? `${shown.slice(0, MAX_SHOWN_LENGTH)}…` : shown;
}

function isSecret(keys: ConfigKeys): boolean {
  return keys.includes('credentials');
}

function check(schema: TSchema, value: unknown, keys: ConfigKeys): SchemaMistake[] {
  if (Type.IsUnion(schema)) return checkUnion(schema, value, keys);
  if (Type.IsRecord(schema)) return checkRecord(schema, value, keys);
  if (Type.IsObject(schema)) return checkObject(schema, value, keys);
  return Check(schema, value) ? [] : [wrong(value, keys, describeSchema(schema))];
}

function checkObject(schema: TObject, value: unknown, keys: ConfigKeys): SchemaMistake[] {
  if (!isMapping(value)) return [wrong(value, keys, describeSchema(schema))];
  const known = Object.keys(schema.properties);
  const suggested = new Set<string>();
  const mistakes: SchemaMistake[] = [];
  for (const [key, part] of Object.entries(value)) {
    const property = Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (property) {
      mistakes.push(...check(property, part, [...keys, key]));
      continue;
    }
    const meant = nearest(key, known);
    if (meant !== undefined) suggested.add(meant);
    // What stands where a key of `credentials` belongs may be the secret itself.
    const shown = meant === undefined && isSecret(keys) ? keys : [...keys, key];
    mistakes.push({ keys: shown, text: `got an unknown key, want ${meant ?? `one of ${known.join(', ')}`}` });
  }
  // A key that is missing because it is misspelt is one mistake, and it has been told.
  for (const [key, property] of Object.entries(schema.properties)) {
    if (Type.IsOptional(property) || Object.hasOwn(value, key) || suggested.has(key)) continue;
    mistakes.push(wrong(undefined, [...keys, key], describeSchema(property)));
  }
  return mistakes;
}

function checkRecord(schema: TRecord, value: unknown, keys: ConfigKeys): SchemaMistake[] {
  if (!isMapping(value) || Object.keys(value).length === 0) return [wrong(value, keys, describeSchema(schema))];
  return Object.entries(value).flatMap(([key, part]) => {
    const entry = Object.entries(schema.patternProperties).find(([pattern]) => new RegExp(pattern, 'u').test(key));
    const name = { keys: [...keys, key], text: STORE_NAME_TEXT };
    return entry ? check(entry[1], part, [...keys, key]) : [name];
  });
}

function checkUnion(schema: TUnion, value: unknown, keys: ConfigKeys): SchemaMistake[] {
  if (Check(schema, value)) return [];
  const whole = [wrong(value, keys, describeSchema(schema))];
  if (!isMapping(value)) return whole;
  const shapes = schema.anyOf.filter((branch) => Type.IsObject(branch));
  const kinds = shapes.flatMap((shape) => (Type.IsLiteral(shape.properties.type) ? [shape.properties.type.const] : []));
  if (kinds.length > 0) {
    const chosen = shapes[kinds.findIndex((kind) => kind === value.type)];
    return chosen ? check(chosen, value, keys) : [wrong(value.type, [...keys, 'type'], kinds.join(' or '))];
  }
  const common = shapes.map((shape) => Object.keys(shape.properties).filter((key) => closeTo(key, value)).length);
  const most = Math.max(0, ...common);
  return most === 0 ? whole : check(shapes[common.indexOf(most)]!, value, keys);
}

function closeTo(key: string, value: object): boolean {
  return Object.keys(value).some((written) => nearest(written, [key]) !== undefined);
}

function wrong(value: unknown, keys: ConfigKeys, want: string): SchemaMistake {
  return { keys, text: `got ${describeValue(value, keys)}, want ${want}` };
}

function describeSchema(schema: TSchema): string {
  return 'description' in schema && typeof schema.description === 'string' ? schema.description : 'another value';
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
