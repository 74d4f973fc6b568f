// A resumed body over bodies that a test plays, on a clock that it moves: what the tests of resuming are written in.
// Every byte that it reads is compared with the pattern, every chunk is released.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { FakeClock } from '../clock.test-double.ts';
import { SluiceError } from '../errors.ts';
import { patternBytes } from '../testing/pattern.ts';
import type { ScriptedBody } from '../testing/scripted-body.ts';
import { ScriptedSource } from '../testing/scripted-source.ts';
import type { ResumePolicy } from './resume-policy.ts';
import { resumed } from './resume.ts';
import type { Interruption } from './resume.ts';
import type { Body, OpenRequest } from './source.ts';

export const OBJECT = { bucket: 'b', key: 'k' };
export const VERSION = { size: 1_000_000, etag: '"e"' };
export const RANGE = { start: 333, end: 700_001 };

/** Longer than any pause of the default policy. */
const LONG_MS = 10_000;

export const breakOff = (message = 'cut') => new SluiceError('truncated', message, { retryable: true });
export const busy = (message = 'slow down') => new SluiceError('origin-busy', message, { retryable: true });

export class ResumeTrial {
  readonly source: ScriptedSource;
  readonly clock = new FakeClock();
  readonly controller = new AbortController();
  readonly reports: Interruption[] = [];
  readonly body: Body;
  readonly #end: number;
  /** The offset of the next byte that the body should give. */
  position: number;

  constructor({
    policy = {},
    random = () => 0.5,
    request = {},
    below = new ScriptedSource(),
  }: {
    readonly policy?: Partial<ResumePolicy>;
    readonly random?: () => number;
    readonly request?: Partial<OpenRequest>;
    readonly below?: ScriptedSource;
  } = {}) {
    const { clock } = this;
    this.source = below;
    const source = resumed(below, { policy, clock, random, report: (report) => this.reports.push(report) });
    const { signal } = this.controller;
    const asked = { object: OBJECT, version: VERSION, range: RANGE, signal, ...request };
    this.position = asked.range.start;
    this.#end = asked.range.end;
    this.body = source.open(asked);
  }

  /** The next body of the source below, when the pause before it is over. */
  async nextBody(): Promise<ScriptedBody> {
    const next = this.source.nextBody();
    await this.clock.advance(LONG_MS);
    return next;
  }

  /** Gives `bytes` of the pattern, from where the body's own have got to. */
  give(body: ScriptedBody, bytes: number): void {
    const start = body.request.range.start + body.receivedBytes;
    body.give(patternBytes({ start, end: start + bytes }));
  }

  /** Gives the whole of its range, and ends. */
  giveRest(body: ScriptedBody): void {
    this.give(body, body.request.range.end - body.request.range.start - body.receivedBytes);
    body.end();
  }

  /** Reads one chunk and compares it; answers how long it is, or `undefined` at the end. */
  async read(): Promise<number | undefined> {
    const chunk = await this.body.read();
    if (!chunk) return undefined;
    const { length } = chunk.bytes;
    const expected = patternBytes({ start: this.position, end: this.position + length });
    assert.ok(expected.equals(chunk.bytes), `the ${length} bytes from ${this.position} on are wrong`);
    this.position += length;
    chunk.release();
    return length;
  }

  /** Reads so many bytes; by default to the end, and then checks that it has come to it. */
  async readAll(bytes?: number): Promise<void> {
    const until = bytes === undefined ? this.#end : this.position + bytes;
    while (this.position < until) assert.notEqual(await this.read(), undefined, 'the body ended early');
    assert.equal(this.position, until);
    if (bytes === undefined) assert.equal(await this.read(), undefined);
  }

  /** The first body gives so many bytes, which are read, and breaks off. */
  async breakAfter(bytes: number): Promise<void> {
    const first = await this.source.nextBody();
    first.confirm();
    if (bytes > 0) this.give(first, bytes);
    await this.readAll(bytes);
    first.fail(breakOff());
  }

  /** When the body is over. */
  assertNothingLeft(): void {
    assert.equal(this.clock.alarmCount, 0, 'an alarm is left');
    assert.equal(getEventListeners(this.controller.signal, 'abort').length, 0, 'a listener is left on the signal');
    assert.deepEqual(
      this.source.bodies.filter(({ isOver }) => !isOver),
      [],
      'a body is left open',
    );
    assert.equal(this.source.unreleasedChunks, 0, 'a chunk is left');
  }
}
