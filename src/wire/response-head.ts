// A response's status line and header fields, read strictly (RFC 9112 §2–5) and incrementally: the head may arrive
// split over any number of reads. What is lenient elsewhere (bare LF, folded lines, spaces before a colon) is how
// responses get smuggled, so it is refused here.
import { SluiceError } from '../errors.ts';
import { isFieldValue, isToken } from '../http/field.ts';

/** Room for S3's 2 KiB of user metadata many times over; no origin of ours sends heads near this. */
const MAX_HEAD_BYTES = 32 << 10;

/** S3 answers with some 10 to 30 fields. */
const MAX_FIELDS = 128;

const CR = 13;
const LF = 10;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const EXPECTED_START = Buffer.from('HTTP/1.');

export type ResponseHead = {
  readonly status: number;
  readonly minorVersion: 0 | 1;
  /** By lower-case name; a field that came several times has its values joined by ", " (RFC 9110 §5.3). */
  readonly fields: ReadonlyMap<string, string>;
};

function invalid(what: string): SluiceError {
  return new SluiceError('origin-invalid', `the origin's response head is malformed: ${what}`, { retryable: true });
}

/** Without the optional whitespace around it, which is spaces and tabs alone (RFC 9110 §5.6.3). */
function stripWhitespace(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && (value[start] === ' ' || value[start] === '\t')) start += 1;
  while (end > start && (value[end - 1] === ' ' || value[end - 1] === '\t')) end -= 1;
  return value.slice(start, end);
}

/** Parses the text of a head, without the empty line that ends it. Throws `origin-invalid`. */
export function parseResponseHead(text: string): ResponseHead {
  const lines = text.split('\r\n');
  const status = STATUS_LINE.exec(lines[0]!);
  if (!status) throw invalid('its status line');
  if (lines.length - 1 > MAX_FIELDS) throw invalid(`more than ${MAX_FIELDS} fields`);
  const fields = new Map<string, string>();
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index]!;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!isToken(name)) throw invalid('a field name, or a folded line');
    const value = stripWhitespace(line.slice(colon + 1));
    if (!isFieldValue(value)) throw invalid(`a control character in the field ${name}`);
    const key = name.toLowerCase();
    const earlier = fields.get(key);
    fields.set(key, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return { status: Number(status[2]), minorVersion: status[1] === '1' ? 1 : 0, fields };
}

/** Collects the bytes of heads until one is whole. It keeps nothing of what comes after the head. */
export class ResponseHeadReader {
  #held: Buffer = Buffer.alloc(0);

  /**
   * Takes the next bytes of the connection. While the head is not whole, returns `undefined` and keeps a copy;
   * once it is, returns it and how many of `bytes` belonged to it, and is ready for the next head.
   * Throws `origin-invalid` as early as the bytes cannot become a head any more.
   */
  push(bytes: Buffer): { readonly head: ResponseHead; readonly consumedBytes: number } | undefined {
    const heldBytes = this.#held.length;
    const all = heldBytes === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const end = all.indexOf(END_OF_HEAD, Math.max(0, heldBytes - END_OF_HEAD.length + 1));
    // While its end has not come, all but the last three bytes belong to the head for certain.
    const headBytes = end >= 0 ? end : all.length - END_OF_HEAD.length + 1;
    if (headBytes > MAX_HEAD_BYTES) throw invalid(`over ${MAX_HEAD_BYTES} bytes`);
    if (end >= 0) {
      this.#held = Buffer.alloc(0);
      const head = parseResponseHead(all.toString('latin1', 0, end));
      return { head, consumedBytes: end + END_OF_HEAD.length - heldBytes };
    }
    const start = Math.min(all.length, EXPECTED_START.length);
    if (all.compare(EXPECTED_START, 0, start, 0, start) !== 0) throw invalid('it is not HTTP/1');
    for (let at = all.indexOf(LF, heldBytes); at >= 0; at = all.indexOf(LF, at + 1)) {
      if (all[at - 1] !== CR) throw invalid('a line that ends without CR');
    }
    this.#held = heldBytes === 0 ? Buffer.from(bytes) : all;
    return undefined;
  }
}
