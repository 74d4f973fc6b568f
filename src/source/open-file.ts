// The owner of one descriptor. It closes the descriptor in the turn in which it is told to, or, while a call of the
// kernel is under way, when that call ends: until then the kernel may still write to the memory it was given.
import { closeSync, constants, fstat, open, read, type BigIntStats } from 'node:fs';

/**
 * How a file is opened for reading. O_NONBLOCK, so that a FIFO that took the file's place does not block a thread;
 * O_NOFOLLOW, so that a link in its place fails; O_NOCTTY, so that a terminal does not become ours. Windows has none.
 */
const OPEN_FLAGS =
  constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0) | (constants.O_NOCTTY ?? 0);

type Callback<Value> = (error: NodeJS.ErrnoException | null, value: Value) => void;

export class OpenFile {
  readonly #descriptor: number;
  #underWay = 0;
  #state: 'open' | 'closing' | 'closed' = 'open';

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens an existing file. Whoever called closes it. */
  static open(path: string): Promise<OpenFile> {
    return new Promise((resolve, reject) => {
      open(path, OPEN_FLAGS, (error, descriptor) => (error ? reject(error) : resolve(new OpenFile(descriptor))));
    });
  }

  /** The descriptor's number, for what only the kernel can tell of it. */
  get descriptor(): number {
    return this.#descriptor;
  }

  stat(): Promise<BigIntStats> {
    return this.#call((done) => fstat(this.#descriptor, { bigint: true }, done));
  }

  /** Reads up to `length` bytes at `position` to the beginning of `buffer`, which is the kernel's until this settles. */
  read(buffer: Buffer, { length, position }: { readonly length: number; readonly position: number }): Promise<number> {
    return this.#call((done) => read(this.#descriptor, buffer, 0, length, position, done));
  }

  /** Reads nothing, waits for nothing. May come more than once. */
  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#closeWhenIdle();
  }

  #call<Value>(start: (done: Callback<Value>) => void): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'open') throw new Error('a file was used after it was closed');
      this.#underWay += 1;
      start((error, value) => {
        this.#underWay -= 1;
        this.#closeWhenIdle();
        if (error) reject(error);
        else resolve(value);
      });
    });
  }

  #closeWhenIdle(): void {
    if (this.#state !== 'closing' || this.#underWay > 0) return;
    this.#state = 'closed';
    try {
      closeSync(this.#descriptor);
    } catch {
      // Nothing was written, so nothing is lost; the kernel has freed the descriptor in any case (close(2)).
    }
  }
}
