// The memory source keeps the contract; and what only this one promises.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patternBytes } from '../testing/pattern.ts';
import { describeSourceContract } from '../testing/source-contract.ts';
import { MEMORY_LACKS, createMemoryHarness } from './memory-harness.test-double.ts';
import { createMemorySource } from './memory.ts';

describeSourceContract('createMemorySource()', async () => createMemoryHarness(), { lacks: MEMORY_LACKS });

const signal = new AbortController().signal;

test('chunks are views of the bytes that were put', async () => {
  const source = createMemorySource();
  const object = { bucket: '', key: 'key' };
  const bytes = patternBytes({ start: 0, end: 1000 });
  const version = source.put(object, bytes);
  const body = source.open({ object, version, range: { start: 10, end: 20 }, signal });
  const chunk = await body.read();
  assert.equal(chunk?.bytes.buffer, bytes.buffer);
  body.close();
});

test('the same bytes have the same ETag, and others have another', () => {
  const source = createMemorySource();
  const first = source.put({ bucket: '', key: 'a' }, Buffer.from('one'));
  assert.equal(source.put({ bucket: '', key: 'b' }, Buffer.from('one')).etag, first.etag);
  assert.notEqual(source.put({ bucket: '', key: 'c' }, Buffer.from('two')).etag, first.etag);
});

test('what was said about an object when it was put is what stat() and list() tell', async () => {
  const source = createMemorySource();
  const lastModified = new Date('2026-01-02T03:04:05Z');
  const object = { bucket: 'b', key: 'k' };
  source.put(object, Buffer.from('x'), { mediaType: 'text/plain', lastModified });
  const stat = await source.stat(object, { signal });
  assert.deepEqual([stat.size, stat.mediaType, stat.lastModified], [1, 'text/plain', lastModified]);
  for await (const listed of source.list({ bucket: 'b', prefix: '', signal }))
    assert.deepEqual(listed, { ...stat, key: 'k' });
});

test('buckets are apart, and no object has a version id', async () => {
  const source = createMemorySource();
  source.put({ bucket: 'one', key: 'k' }, Buffer.from('x'));
  await assert.rejects(source.stat({ bucket: 'two', key: 'k' }, { signal }), { code: 'not-found' });
  await assert.rejects(source.stat({ bucket: 'one', key: 'k', versionId: 'v' }, { signal }), { code: 'not-found' });
});
