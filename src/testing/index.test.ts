import assert from 'node:assert/strict';
import { test } from 'node:test';

test('what sluice/testing exports', async () => {
  assert.deepEqual(Object.keys(await import('./index.ts')).toSorted(), [
    'CAPABILITIES',
    'FAULTS',
    'ModelStore',
    'ScriptedBody',
    'ScriptedSource',
    'describeSourceContract',
    'establishedConnections',
    'patternBytes',
  ]);
});
