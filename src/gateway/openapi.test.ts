// The document is an OpenAPI 3.1 document, it has every route that the server has and no other, and what the server
// answers is what it says.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestContext } from 'node:test';
import type { TSchema } from 'typebox';
import { Check, Errors } from 'typebox/schema';
import { serveAdmin } from '../admin/admin-trial.test-double.ts';
import { openSqlite } from '../database/sqlite.ts';
import { GUARDED } from '../flow/http-trial.test-double.ts';
import { ask } from './admin-trial.test-double.ts';
import { startGateway } from './gateway-trial.test-double.ts';

type Media = { readonly schema: TSchema };
type Answer = { readonly description: string; readonly content?: Readonly<Record<string, Media>> };
type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: TSchema };
type Operation = {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
};
type Document = {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly tags: readonly { readonly name: string }[];
  readonly components: { readonly securitySchemes: Readonly<Record<string, { readonly type: string }>> };
};

const OPERATIONS = [
  'DELETE /admin/collections/{id}',
  'DELETE /admin/link-keys/{id}',
  'DELETE /admin/objects/{id}',
  'DELETE /admin/quotas/{principal}',
  'DELETE /admin/tokens/{id}',
  'GET /admin/collections',
  'GET /admin/collections/{id}',
  'GET /admin/export',
  'GET /admin/link-keys',
  'GET /admin/manifest',
  'GET /admin/objects',
  'GET /admin/objects/{id}',
  'GET /admin/quotas',
  'GET /admin/tokens',
  'GET /admin/transfers',
  'GET /bundles/{id}.tar',
  'GET /data/{id}',
  'GET /healthz',
  'GET /openapi.json',
  'GET /readyz',
  'GET /usage',
  'GET /usage/me',
  'POST /admin/import',
  'POST /admin/link-keys',
  'POST /admin/links',
  'POST /admin/scans',
  'POST /admin/tokens',
  'POST /bundles',
  'PUT /admin/collections/{id}',
  'PUT /admin/objects/{id}',
  'PUT /admin/quotas/{principal}',
];

async function open(t: TestContext) {
  const database = await openSqlite(':memory:');
  t.after(() => database.destroy());
  const served = await serveAdmin(t, database);
  const peer = await served.gateway.connect();
  const { status, fields, text } = await ask(peer, 'GET /openapi.json');
  assert.deepEqual([status, fields['content-type']], [200, 'application/json; charset=utf-8']);
  return { ...served, peer, document: JSON.parse(text) as Document };
}

function operationsOf({ paths }: Document): readonly (readonly [string, Operation])[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  );
}

/** Every object in the document, with where it is. */
function* objectsIn(value: unknown, path = '#'): Generator<readonly [string, Readonly<Record<string, unknown>>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [path, value as Readonly<Record<string, unknown>>];
  for (const [name, part] of Object.entries(value)) yield* objectsIn(part, `${path}/${name}`);
}

describe('GET /openapi.json', GUARDED, () => {
  it('is an OpenAPI 3.1 document', async (t) => {
    const { document } = await open(t);
    assert.match(document.openapi, /^3\.1\.\d+$/);
    assert.ok(document.info.title !== '' && /^\d+\.\d+\.\d+/.test(document.info.version));
    const ids = new Set<string>();
    for (const [name, operation] of operationsOf(document)) {
      assert.ok(!ids.has(operation.operationId) && /^\w+$/.test(operation.operationId), `${name} has an id of its own`);
      ids.add(operation.operationId);
      assert.ok(operation.summary.length > 0 && Object.keys(operation.responses).length > 1, name);
      for (const tag of operation.tags)
        assert.ok(
          document.tags.some((known) => known.name === tag),
          `${name} ${tag}`,
        );
      for (const scheme of operation.security.flatMap((one) => Object.keys(one))) {
        assert.ok(scheme in document.components.securitySchemes, `${name} ${scheme}`);
      }
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      assert.deepEqual(
        inPath.map((parameter) => `{${parameter.name}}`),
        name.match(/\{\w+\}/g) ?? [],
        `${name} says what its path's names are`,
      );
      for (const parameter of operation.parameters ?? []) {
        assert.ok(['path', 'query', 'header'].includes(parameter.in) && typeof parameter.schema === 'object', name);
        assert.equal(parameter.required ?? false, parameter.in === 'path', `${name} ${parameter.name}`);
      }
      for (const [status, answer] of Object.entries(operation.responses)) {
        assert.ok(/^(?:[1-5]\d\d|default)$/.test(status) && answer.description.length > 0, `${name} ${status}`);
        for (const [type, { schema }] of Object.entries(answer.content ?? {})) {
          assert.ok(type.includes('/') && typeof schema === 'object', `${name} ${status} ${type}`);
        }
      }
    }
  });

  it('has schemas of JSON Schema 2020-12, and no reference that leads nowhere', async (t) => {
    const { document } = await open(t);
    const types = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'];
    for (const [path, schema] of objectsIn(document.paths)) {
      assert.equal('$ref' in schema || 'nullable' in schema || '$id' in schema, false, path);
      if (!/schema(?:\/|$)/.test(path) || path.endsWith('/properties')) continue;
      if (typeof schema['type'] === 'string') assert.ok(types.includes(schema['type']), `${path} is ${schema['type']}`);
      for (const required of (schema['required'] ?? []) as readonly string[]) {
        assert.ok(required in (schema['properties'] as object), `${path} wants ${required}`);
      }
      if (typeof schema['pattern'] === 'string') assert.ok(new RegExp(schema['pattern'], 'u'), path);
    }
  });

  it('has every route, and no other', async (t) => {
    const { document, gateway } = await open(t);
    assert.deepEqual(
      operationsOf(document)
        .map(([name]) => name)
        .toSorted(),
      OPERATIONS,
    );
    for (const name of OPERATIONS) {
      const target = name.replace('{id}.tar', `${'0'.repeat(64)}.tar`).replaceAll(/\{\w+\}/g, 'object');
      const { status, json } = await ask(await gateway.connect(), target);
      assert.ok(status !== 405 && json['title'] !== 'There is nothing here', `${target} is there`);
    }
    for (const path of Object.keys(document.paths)) {
      const target = path.replace('{id}.tar', `${'0'.repeat(64)}.tar`).replaceAll(/\{\w+\}/g, 'object');
      for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH']) {
        if (method.toLowerCase() in document.paths[path]!) continue;
        assert.equal((await ask(await gateway.connect(), `${method} ${target}`)).status, 405, `${method} ${target}`);
      }
    }
  });

  it('tells of no bundles and no administration where there are none', async (t) => {
    const { connect } = await startGateway(t);
    const { json } = await ask(await connect(), 'GET /openapi.json');
    const paths = Object.keys((json as unknown as Document).paths);
    assert.deepEqual(
      paths.filter((path) => /^\/(?:admin|usage)/.test(path)),
      [],
    );
  });

  it('says what is answered, and what may be sent', async (t) => {
    const { document, peer, archive, tokenOf, admin } = await open(t);
    const token = await tokenOf('ann', 'admin');
    archive.put({ bucket: 'library', key: 'a' }, Buffer.from('bytes'));
    await admin.rotateLinkKey({ principal: 'ann', signal: new AbortController().signal });
    const rows: readonly (readonly [string, unknown?])[] = [
      ['GET /healthz'],
      ['GET /readyz'],
      ['GET /openapi.json'],
      ['POST /bundles', { ids: ['x'] }],
      ['GET /usage?by=day'],
      ['GET /usage/me'],
      ['PUT /admin/collections/runs', { title: 'Runs' }],
      ['PUT /admin/collections/runs', {}],
      ['GET /admin/collections'],
      ['GET /admin/collections/runs'],
      ['GET /admin/collections/none'],
      ['PUT /admin/objects/a', { store: 'archive', bucket: 'library', key: 'a' }],
      ['GET /admin/objects?limit=1'],
      ['GET /admin/objects/a'],
      ['DELETE /admin/collections/default'],
      [
        'POST /admin/tokens',
        { principal: 'bob', scopes: ['read'], collections: ['*'], expiresAt: '2099-01-01T00:00:00Z' },
      ],
      ['GET /admin/tokens?limit=1'],
      ['POST /admin/links', { id: 'a', expiresAt: '2026-11-23T11:00:00Z' }],
      ['POST /admin/link-keys'],
      ['GET /admin/link-keys'],
      ['PUT /admin/quotas/bob', { transfers: 1 }],
      ['GET /admin/quotas'],
      ['GET /admin/transfers'],
      ['GET /admin/transfers?limit=x'],
    ];
    for (const [target, body] of rows) {
      const [method = '', path = ''] = target.split('?', 1)[0]!.split(' ');
      const documented = path
        .replace(/^\/admin\/(collections|objects|tokens|link-keys)\/.+/, '/admin/$1/{id}')
        .replace(/^\/admin\/quotas\/.+/, '/admin/quotas/{principal}');
      const operation = document.paths[documented]![method.toLowerCase()]!;
      if (body !== undefined)
        assert.ok(Check(operation.requestBody!.content['application/json']!.schema, body), target);
      const { status, fields, json } = await ask(peer, target, { token, body });
      const answer = operation.responses[status] ?? operation.responses['default']!;
      const media = answer.content?.[fields['content-type']!.split(';')[0]!];
      assert.ok(media, `${target} answers ${status} with ${fields['content-type']}`);
      assert.deepEqual(Errors(media.schema, json), [true, []], `${target} answers ${JSON.stringify(json)}`);
    }
  });
});
