import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Check } from 'typebox/schema';
import { configJsonSchema } from './config-schema.ts';

it('is a JSON Schema that still decides alike once it was written down and read', () => {
  const schema = JSON.parse(JSON.stringify(configJsonSchema)) as Record<string, unknown>;
  assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
  const good = { stores: { disk: { type: 'file', root: '.' } }, log: 'info', timeouts: { headMs: 1 } };
  assert.equal(Check(schema, good), true);
  for (const bad of [
    {},
    { ...good, log: 'x' },
    { ...good, more: 1 },
    { stores: { disk: { type: 'file' } } },
    { stores: {} },
  ]) {
    assert.equal(Check(schema, bad), false, JSON.stringify(bad));
  }
});
