// Holds the answer to a request for an object against the object: whatever bytes it says it has, it must have.
import assert from 'node:assert/strict';
import type { ByteRange } from '../../src/http/range.ts';
import type { Answer } from './http-reader.ts';

/** All that may be said to a Range or a condition, however it is written. */
const STATUSES: ReadonlySet<number> = new Set([200, 206, 304, 400, 412, 416]);

/** Asserts that every byte of the answer is right. Returns the ranges that it had, `undefined` if it had no bytes. */
export function assertTrue(answer: Answer, method: string, truth: Buffer): readonly ByteRange[] | undefined {
  const { status, fields, content } = answer;
  assert.ok(STATUSES.has(status), `the status is ${status}`);
  if (status === 304) return undefined;
  if (status >= 400) {
    assert.equal(fields['content-type'], 'application/problem+json');
    if (status === 416) assert.equal(fields['content-range'], `bytes */${truth.length}`);
    if (method !== 'HEAD') assert.equal((JSON.parse(String(content)) as { status: number }).status, status);
    return undefined;
  }
  if (method === 'HEAD') {
    assert.deepEqual([status, fields['content-length']], [200, String(truth.length)]);
    return undefined;
  }
  const boundary = /^multipart\/byteranges; boundary=([\w'+.-]+)$/.exec(fields['content-type'] ?? '')?.[1];
  if (boundary !== undefined) {
    assert.deepEqual([status, fields['content-range']], [206, undefined]);
    return assertParts(content, boundary, truth);
  }
  assert.equal(
    status === 206,
    fields['content-range'] !== undefined,
    'a range says which it is, and the whole does not',
  );
  const range = status === 206 ? parseRange(fields['content-range'], truth.length) : { start: 0, end: truth.length };
  assert.ok(content.equals(truth.subarray(range.start, range.end)), `the bytes ${range.start} to ${range.end}`);
  return [range];
}

function assertParts(content: Buffer, boundary: string, truth: Buffer): readonly ByteRange[] {
  const ranges: ByteRange[] = [];
  let at = 0;
  const take = (text: string) => {
    const found = content.toString('latin1', at, at + text.length);
    at += text.length;
    return found === text;
  };
  for (;;) {
    assert.ok(take(`${at === 0 ? '' : '\r\n'}--${boundary}`), `a boundary before ${at}`);
    const headEnd = content.indexOf('\r\n\r\n', at);
    if (headEnd < 0) {
      assert.ok(take('--\r\n') && at === content.length, 'the end, and nothing after it');
      return ranges;
    }
    const head = content.toString('latin1', at, headEnd);
    const [, mediaType, told] = /^\r\nContent-Type: (.+)\r\nContent-Range: (.+)$/.exec(head) ?? [];
    assert.equal(mediaType, 'application/octet-stream');
    const range = parseRange(told, truth.length);
    at = headEnd + 4 + range.end - range.start;
    assert.ok(content.subarray(headEnd + 4, at).equals(truth.subarray(range.start, range.end)), `the part ${told}`);
    ranges.push(range);
  }
}

function parseRange(told: string | undefined, size: number): ByteRange {
  const [, first, last, length] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(told ?? '')?.map(Number) ?? [];
  assert.ok(first !== undefined && last !== undefined, `a range: ${told}`);
  assert.ok(first <= last && last < size && length === size, `a range of ${size} bytes: ${told}`);
  return { start: first, end: last + 1 };
}
