// A source for tests of what stands on a source: it knows what it is told, and each body that is opened on it is
// played by the test.
import { SluiceError } from '../errors.ts';
import { compareKeys } from '../source/source.ts';
import type { ListedObject, ObjectName, OpenRequest, Source, Stat } from '../source/source.ts';
import { LentMemory } from './lent-memory.ts';
import { ScriptedBody } from './scripted-body.ts';

export class ScriptedSource implements Source {
  /** Every body that was opened, in order. */
  readonly bodies: ScriptedBody[] = [];
  isClosed = false;
  readonly #memory = new LentMemory();
  readonly #known = new Map<string, { readonly object: ObjectName; readonly answer: Promise<Stat> }>();
  readonly #whenOpened: ((body: ScriptedBody) => void)[] = [];
  #nextBody = 0;

  /** What `stat()` answers from now on, and `list()` lists: at once, or when the promise settles. */
  know(object: ObjectName, answer: Stat | Promise<Stat>): void {
    const settling = Promise.resolve(answer);
    settling.catch(() => undefined);
    this.#known.set(nameOf(object), { object, answer: settling });
  }

  /** The next body in order that no call of this function has given yet; settles when it is opened. */
  nextBody(): Promise<ScriptedBody> {
    const body = this.bodies[this.#nextBody];
    this.#nextBody += 1;
    return body ? Promise.resolve(body) : new Promise((resolve) => this.#whenOpened.push(resolve));
  }

  /** Chunks of all bodies that are queued, or read and not released. */
  get unreleasedChunks(): number {
    return this.#memory.takenCount;
  }

  async stat(object: ObjectName, { signal }: { readonly signal: AbortSignal }): Promise<Stat> {
    const known = this.#known.get(nameOf(object));
    if (!known) throw new SluiceError('not-found', `no test has told of ${object.bucket}/${object.key}`);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(new SluiceError('closed', 'the signal was aborted'));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
    try {
      return await Promise.race([aborted.promise, known.answer]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  open(request: OpenRequest): ScriptedBody {
    const body = new ScriptedBody(request, this.#memory);
    this.bodies.push(body);
    this.#whenOpened.shift()?.(body);
    return body;
  }

  async *list({ bucket, prefix, after, signal }: Parameters<Source['list']>[0]): AsyncGenerator<ListedObject> {
    const known = [...this.#known.values()].toSorted((a, b) => compareKeys(a.object.key, b.object.key));
    for (const { object, answer } of known) {
      if (signal.aborted) throw new SluiceError('closed', 'the signal was aborted');
      if (after !== undefined && compareKeys(object.key, after) <= 0) continue;
      if (object.bucket === bucket && object.key.startsWith(prefix)) yield { ...(await answer), key: object.key };
    }
  }

  close(): void {
    this.isClosed = true;
  }
}

function nameOf({ bucket, key, versionId = '' }: ObjectName): string {
  return JSON.stringify([bucket, key, versionId]);
}
