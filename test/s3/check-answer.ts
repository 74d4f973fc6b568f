// Holds an answer of the gateway against a row of the table: status, fields, and every byte.
import assert from 'node:assert/strict';
import { syntheticBytes } from '../../src/lab/origin/synthetic-bytes.ts';
import type { Expected, Facts } from './answers.ts';
import type { Answered } from './client.ts';
import type { Content } from './store.ts';

type Range = readonly [start: number, end: number];

export function checkAnswer(answered: Answered, expected: Expected, object: Facts & Content): void {
  const { status, fields, content } = answered;
  assert.equal(status, expected.status);
  for (const [name, value] of Object.entries(expected.fields ?? {})) assert.equal(fields[name], value, name);
  if (status !== 412 || expected.content !== 'nothing') checkFields(answered, expected, object);
  if (expected.content === 'nothing') assert.equal(content.length, 0);
  else if (expected.content === 'whole') checkBytes(content, [0, object.size], object);
  else if (expected.content === 'problem') assert.equal(JSON.parse(content.toString()).status, status);
  else if ('range' in expected.content) checkBytes(content, expected.content.range, object);
  else checkParts(answered, expected.content.ranges, object);
}

function checkFields({ status, fields, content }: Answered, { content: kind }: Expected, object: Facts): void {
  assert.equal(fields.etag, object.etag);
  assert.equal(fields['last-modified'], object.lastModified);
  if (status !== 304) assert.ok(fields['content-length'], 'an answer with content has a length');
  if (status === 304) return;
  if (kind === 'problem') {
    assert.equal(fields['content-type'], 'application/problem+json');
    return;
  }
  assert.equal(fields['accept-ranges'], 'bytes');
  assert.equal(fields['content-length'], String(kind === 'nothing' ? object.size : content.length));
  if (typeof kind === 'object' && 'range' in kind) {
    const [start, end] = kind.range;
    assert.equal(fields['content-range'], `bytes ${start}-${end - 1}/${object.size}`);
  } else {
    assert.equal(fields['content-range'], undefined);
  }
}

function checkBytes(actual: Buffer, [start, end]: Range, { seed }: Content): void {
  assert.equal(actual.length, end - start);
  assert.ok(
    actual.equals(syntheticBytes({ seed, offset: start, length: end - start })),
    `other bytes than ${start}-${end}`,
  );
}

/** Reads multipart/byteranges (RFC 9110 §14.6) as a client would, by its boundary. */
function checkParts({ fields, content }: Answered, ranges: readonly Range[], object: Content): void {
  const [, boundary] = /^multipart\/byteranges; boundary=(\S+)$/.exec(fields['content-type'] ?? '') ?? [];
  assert.ok(boundary, `not multipart: ${fields['content-type']}`);
  let rest = content;
  for (const [index, range] of ranges.entries()) {
    const headEnd = rest.indexOf('\r\n\r\n');
    const head = rest.toString('latin1', 0, headEnd);
    const [start, end] = range;
    assert.ok(head.startsWith(`${index === 0 ? '' : '\r\n'}--${boundary}\r\n`), head);
    assert.match(head, new RegExp(`\r\nContent-Range: bytes ${start}-${end - 1}/${object.size}$`, 'im'));
    checkBytes(rest.subarray(headEnd + 4, headEnd + 4 + end - start), range, object);
    rest = rest.subarray(headEnd + 4 + end - start);
  }
  assert.equal(rest.toString('latin1'), `\r\n--${boundary}--\r\n`);
}
