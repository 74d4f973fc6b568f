// A disk that a test fills, breaks, or takes away from whoever writes to it at any byte, as a crash does.
import { SYSTEM_DISK } from './journal-disk.ts';
import type { AppendFile, JournalDisk } from './journal-disk.ts';
import type { FolderLock } from './folder-lock.ts';

export class TrialDisk implements JournalDisk {
  /** What there is room for. */
  freeBytes = Number.POSITIVE_INFINITY;
  /** Bytes that are written before the process dies. */
  bytesToCrash = Number.POSITIVE_INFINITY;
  /** What every write fails with. */
  failure: Error | undefined;
  /** How often something was written. */
  writeCount = 0;
  onCrash: () => void = () => {};
  #openCount = 0;
  #isCrashed = false;
  readonly #locks = new Set<FolderLock>();

  /** The process is dead: what it still does has no effect, and its locks are free. */
  crash(): void {
    this.#isCrashed = true;
    this.onCrash();
    for (const lock of this.#locks) lock.release();
    this.#locks.clear();
  }

  get isCrashed(): boolean {
    return this.#isCrashed;
  }

  /** Files and locks that nobody has closed yet. */
  get openCount(): number {
    return this.#openCount + this.#locks.size;
  }

  makeFolder(path: string): void {
    SYSTEM_DISK.makeFolder(path);
  }

  list(path: string): readonly string[] {
    return this.#isCrashed ? [] : SYSTEM_DISK.list(path);
  }

  create(path: string): AppendFile {
    if (this.#isCrashed) return { write: (bytes) => bytes.length, close: () => {} };
    const file = SYSTEM_DISK.create(path);
    this.#openCount += 1;
    return {
      write: (bytes) => this.#write(file, bytes),
      close: () => {
        this.#openCount -= 1;
        file.close();
      },
    };
  }

  async read(...[path, options]: Parameters<JournalDisk['read']>): Promise<Buffer> {
    if (this.#isCrashed) throw new Error('the dead do not read');
    return SYSTEM_DISK.read(path, options);
  }

  async remove(path: string): Promise<void> {
    if (!this.#isCrashed) await SYSTEM_DISK.remove(path);
  }

  async removeFolder(path: string): Promise<void> {
    if (!this.#isCrashed) await SYSTEM_DISK.removeFolder(path);
  }

  lock(folder: string, mode: 'own' | 'left'): FolderLock | undefined {
    const taken = this.#isCrashed ? undefined : SYSTEM_DISK.lock(folder, mode);
    if (!taken) return undefined;
    const lock: FolderLock = {
      release: () => {
        // A crash has let go of it.
        if (this.#locks.delete(lock)) taken.release();
      },
    };
    this.#locks.add(lock);
    return lock;
  }

  #write(file: AppendFile, bytes: Buffer): number {
    if (this.#isCrashed) return bytes.length;
    this.writeCount += 1;
    if (this.failure) throw this.failure;
    const taken = Math.min(bytes.length, this.freeBytes);
    if (taken === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    this.freeBytes -= taken;
    if (taken < this.bytesToCrash) {
      this.bytesToCrash -= taken;
      return file.write(bytes.subarray(0, taken));
    }
    file.write(bytes.subarray(0, this.bytesToCrash));
    this.crash();
    return bytes.length;
  }
}
