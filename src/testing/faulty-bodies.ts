// Bodies that keep the contract but for one sentence each, as bodies in the field break it.
import { SluiceError } from '../errors.ts';
import type { Chunk } from '../source/source.ts';
import { ScriptedBody } from './scripted-body.ts';

function bytesLeft({ request, receivedBytes }: ScriptedBody): number {
  return request.range.end - request.range.start - receivedBytes;
}

/** Reads the rest of the object when it is closed, so that the connection can be used again. */
export class DrainingBody extends ScriptedBody {
  protected override letGo(by: 'close()' | 'the signal'): void {
    this.receivedBytes += bytesLeft(this);
    super.letGo(by);
  }
}

/** Closes at once, and goes on reading behind its holder's back. */
export class SecretlyDrainingBody extends ScriptedBody {
  protected override letGo(by: 'close()' | 'the signal'): void {
    super.letGo(by);
    setImmediate(() => (this.receivedBytes += bytesLeft(this)));
  }
}

/** Waits, when it is closed, until the origin has taken note. */
export class WaitingBody extends ScriptedBody {
  override close(): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    super.close();
  }
}

/** Throws when it is closed a second time. */
export class OnceClosableBody extends ScriptedBody {
  override close(): void {
    if (this.closedBy) throw new SluiceError('misuse', 'the body is closed already');
    super.close();
  }
}

/** Forgets, when it is closed, what it has read ahead. */
export class LeakingBody extends ScriptedBody {
  protected override dropQueue(): void {}
}

/** Leaves its listener on the signal. */
export class ListeningBody extends ScriptedBody {
  protected override stopListening(): void {}
}

/** Takes no notice of the signal. */
export class DeafBody extends ScriptedBody {
  protected override listen(): void {}
}

/** Takes no notice of a signal that was aborted before. */
export class LateListeningBody extends ScriptedBody {
  protected override listen(signal: AbortSignal): void {
    if (!signal.aborted) super.listen(signal);
  }
}

/** Never answers the read that is pending when it is closed. */
export class ForgetfulBody extends ScriptedBody {
  protected override settle(): void {}
}

/** Ends as if complete when it is closed. */
export class EndingBody extends ScriptedBody {
  protected override settle(ending: { readonly error?: unknown }): void {
    super.settle(this.closedBy ? {} : ending);
  }
}

/** Fails once, and then ends as if complete. */
export class FailingOnceBody extends ScriptedBody {
  #hasFailed = false;

  override async read(): Promise<Chunk | undefined> {
    if (this.#hasFailed) return undefined;
    try {
      return await super.read();
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }
}

/** Queues a second read behind the first. */
export class QueueingBody extends ScriptedBody {
  #last: Promise<Chunk | undefined> = Promise.resolve(undefined);

  override read(): Promise<Chunk | undefined> {
    this.#last = this.#last.then(
      () => super.read(),
      () => super.read(),
    );
    return this.#last;
  }
}

/** Wants `opened` to be awaited before it is read. */
export class ImpatientBody extends ScriptedBody {
  #isOpen = false;

  override confirm(): void {
    super.confirm();
    this.#isOpen = true;
  }

  override async read(): Promise<Chunk | undefined> {
    if (!this.#isOpen && !this.isOver) throw new SluiceError('misuse', 'await opened before you read');
    return super.read();
  }
}

/** Lends the memory of a chunk that is held to the next body as soon as it is closed. */
export class SnatchingBody extends ScriptedBody {
  readonly #held = new Set<Chunk>();

  override async read(): Promise<Chunk | undefined> {
    const chunk = await super.read();
    if (chunk) this.#held.add(chunk);
    // The pool has it back at the close; the holder's own release is then none.
    return chunk && { bytes: chunk.bytes, release: () => this.#giveBack(chunk) };
  }

  protected override letGo(by: 'close()' | 'the signal'): void {
    super.letGo(by);
    for (const chunk of this.#held) this.#giveBack(chunk);
  }

  #giveBack(chunk: Chunk): void {
    if (this.#held.delete(chunk)) chunk.release();
  }
}

/** Counts what its reader has taken, not what has come. */
export class UncountingBody extends ScriptedBody {
  override give(bytes: Uint8Array): void {
    super.give(bytes);
    this.receivedBytes = 0;
  }
}

/** Has a second promise hang on `opened`, for which nobody cares. */
export class UnhandledBody extends ScriptedBody {
  override fail(error: unknown): void {
    super.fail(error);
    void this.#watch();
  }

  async #watch(): Promise<void> {
    await this.opened;
  }
}
