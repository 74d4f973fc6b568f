// Reads HTTP/1.1 answers from bytes as they come: no more than tests need, and nothing of what they test.
import assert from 'node:assert/strict';

const END_OF_HEAD = '\r\n\r\n';

/** Names of fields are in lower case. */
export type Answer = {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly content: Buffer;
};

type Head = Pick<Answer, 'status' | 'fields'>;

export class HttpReader {
  #held: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
  }

  /** What came and was not taken. */
  get held(): Buffer {
    return this.#held;
  }

  /** The next answer, to a request of this method, once all of it is here. Throws where the bytes are no answer. */
  take(method: string): Answer | undefined {
    const headEnd = this.#held.indexOf(END_OF_HEAD);
    if (headEnd < 0) return undefined;
    const head = parseHead(this.#held.toString('latin1', 0, headEnd));
    const start = headEnd + END_OF_HEAD.length;
    const end = start + contentLength(head, method);
    if (this.#held.length < end) return undefined;
    const content = this.#held.subarray(start, end);
    this.#held = this.#held.subarray(end);
    return { ...head, content };
  }
}

function parseHead(text: string): Head {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]+$/.exec(statusLine)?.[1];
  assert.ok(status, `a status line: ${JSON.stringify(statusLine)}`);
  const fields: Record<string, string> = {};
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^_`|~\w-]+): ?([\t\x20-\x7e\x80-\xff]*)$/.exec(line) ?? [];
    assert.ok(name, `a field: ${JSON.stringify(line)}`);
    assert.ok(!(name.toLowerCase() in fields), `one field ${name}`);
    fields[name.toLowerCase()] = value;
  }
  return { status: Number(status), fields };
}

function contentLength({ status, fields }: Head, method: string): number {
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return 0;
  const length = fields['content-length'] ?? '';
  assert.match(length, /^\d+$/, 'an answer says how long it is');
  return Number(length);
}
