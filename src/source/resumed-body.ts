// One range of one version out of as many bodies as it takes, each of which begins where the one before it broke off.
// At most one of them is open at a time, and none during a pause.
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import { openPulledBody } from './pulled-body.ts';
import type { Puller } from './pulled-body.ts';
import { Setbacks } from './resume-policy.ts';
import type { Reattempt, ResumePolicy } from './resume-policy.ts';
import { sliceChunk } from './slice-chunk.ts';
import type { Body, Chunk, OpenRequest, Source } from './source.ts';

export type ResumedBodyOptions = {
  readonly source: Source;
  readonly policy: ResumePolicy;
  readonly clock: Clock;
  readonly random: () => number;
  /** Told of each failure that is not the reader's, before the pause; `position` is the first byte that is missing. */
  readonly interrupted: (again: Reattempt & { readonly position: number }) => void;
};

/** Begins to ask at once. See the contract in source.ts for who closes it. */
export function openResumedBody(request: OpenRequest, options: ResumedBodyOptions): Body {
  return new ResumedBody(request, options);
}

class ResumedBody implements Body {
  readonly opened: Promise<void>;
  readonly #puller: ResumingPuller;
  readonly #body: Body;

  constructor(request: OpenRequest, options: ResumedBodyOptions) {
    this.#puller = new ResumingPuller(request, options);
    this.#body = openPulledBody(this.#puller, request);
    this.opened = this.#body.opened;
  }

  get receivedBytes(): number {
    return this.#body.receivedBytes;
  }

  get resumedCount(): number {
    return this.#puller.resumedCount();
  }

  read(): Promise<Chunk | undefined> {
    return this.#body.read();
  }

  close(): void {
    this.#body.close();
  }
}

class ResumingPuller implements Puller {
  readonly #request: OpenRequest;
  readonly #options: ResumedBodyOptions;
  readonly #setbacks: Setbacks;
  readonly #startedMs: number;
  /** The offset of the next byte for the reader: what is missing begins here. */
  #position: number;
  /** The body that is open, or the last that was. */
  #body: Body | undefined;
  #isBodyOpen = false;
  #hasOpened = false;
  #isClosed = false;
  #receivedBefore = 0;
  #resumedBefore = 0;
  #endPause = (): void => {};

  constructor(request: OpenRequest, options: ResumedBodyOptions) {
    this.#request = request;
    this.#options = options;
    this.#setbacks = new Setbacks(options.policy);
    this.#startedMs = options.clock.now();
    this.#position = request.range.start;
  }

  async open(): Promise<void> {
    for (let body = this.#ask(this.#request); ; body = this.#askForRest()) {
      try {
        await this.#confirm(body);
        this.#hasOpened = true;
        return;
      } catch (error) {
        await this.#recover(error);
      }
    }
  }

  async pull(): Promise<Chunk> {
    for (let body = this.#body!; ; body = this.#askForRest()) {
      try {
        if (!this.#isBodyOpen) await this.#confirm(body);
        return this.#take(await body.read());
      } catch (error) {
        await this.#recover(error);
        this.#resumedBefore += 1;
      }
    }
  }

  receivedBytes(): number {
    return this.#receivedBefore + (this.#body?.receivedBytes ?? 0);
  }

  resumedCount(): number {
    return this.#resumedBefore + (this.#body?.resumedCount ?? 0);
  }

  close(): void {
    this.#isClosed = true;
    this.#endPause();
    this.#body?.close();
  }

  #ask(request: OpenRequest): Body {
    this.#isBodyOpen = false;
    this.#body = this.#options.source.open(request);
    return this.#body;
  }

  #askForRest(): Body {
    const range = { start: this.#position, end: this.#request.range.end };
    return this.#ask({ ...this.#request, range, fresh: true });
  }

  async #confirm(body: Body): Promise<void> {
    await body.opened;
    this.#isBodyOpen = true;
  }

  #take(chunk: Chunk | undefined): Chunk {
    if (!chunk) {
      const message = `the source ended a body before byte ${this.#position}, ${this.#leftBytes} bytes short`;
      throw new SluiceError('truncated', message, { retryable: true });
    }
    const wanted = sliceChunk(chunk, 0, this.#leftBytes);
    this.#position += wanted.bytes.length;
    return wanted;
  }

  get #leftBytes(): number {
    return this.#request.range.end - this.#position;
  }

  /** Lets go of the body that has failed and waits until its rest may be asked for, or throws what is final. */
  async #recover(error: unknown): Promise<void> {
    // Closed in between: whatever has failed, nobody waits for the rest.
    if (this.#isClosed) throw error;
    const { clock, random, interrupted } = this.#options;
    const again = this.#setbacks.plan({
      error,
      position: this.#position,
      isRefusal: !this.#isBodyOpen,
      openingForMs: this.#hasOpened ? undefined : clock.now() - this.#startedMs,
      random: random(),
    });
    this.#letGo();
    if (!again) throw error;
    interrupted({ ...again, position: this.#position });
    await this.#pause(again.pauseMs);
  }

  #letGo(): void {
    this.#body?.close();
    this.#receivedBefore = this.receivedBytes();
    this.#resumedBefore = this.resumedCount();
    this.#body = undefined;
  }

  /** Resolves after so long; a close ends it at once, leaves no alarm, and makes it reject. */
  async #pause(pauseMs: number): Promise<void> {
    const pausing = Promise.withResolvers<void>();
    const callOff = this.#options.clock.after(pauseMs, pausing.resolve);
    this.#endPause = () => {
      callOff();
      pausing.resolve();
    };
    await pausing.promise;
    this.#endPause = () => {};
    // Also when the close came after the alarm, and in the same turn.
    if (this.#isClosed) throw new SluiceError('closed', 'the body was closed');
  }
}
