// The bytes of one range of one file: read into slabs when they are asked for, and handed out only after the file has
// been asked once more whether it still is the version that was pinned.
import { SluiceError } from '../errors.ts';
import type { SlabPool } from '../wire/slab-pool.ts';
import { toFileError } from './file-failure.ts';
import { openBelow, toRelativeName } from './file-path.ts';
import { hasSameBytes, toVersion, type FileState } from './file-version.ts';
import type { OpenFile } from './open-file.ts';
import { openPulledBody, type Puller } from './pulled-body.ts';
import type { Body, Chunk, OpenRequest } from './source.ts';

/**
 * What one call reads. Each read costs two calls besides the copy: from memory 0.7 s of CPU for a GB at 64 KiB, 0.23 at
 * 256 KiB, 0.12 at 1 MiB (Node 26, tmpfs). Beyond 256 KiB a client at network speed no longer notices, its memory does.
 */
const READ_BYTES = 256 << 10;

export function openFileBody(
  request: OpenRequest,
  { root, slabs }: { readonly root: string; readonly slabs: SlabPool },
): Body {
  return openPulledBody(new FilePuller(request, { root, slabs }), request);
}

class FilePuller implements Puller {
  readonly #request: OpenRequest;
  readonly #root: string;
  readonly #slabs: SlabPool;
  readonly #name: string;
  #position: number;
  #file: OpenFile | undefined;
  #state: FileState | undefined;
  #isClosed = false;

  constructor(request: OpenRequest, { root, slabs }: { readonly root: string; readonly slabs: SlabPool }) {
    this.#request = request;
    this.#root = root;
    this.#slabs = slabs;
    this.#name = toRelativeName(request.object);
    this.#position = request.range.start;
  }

  async open(): Promise<void> {
    const { object, version } = this.#request;
    try {
      const file = await openBelow(this.#root, object, (opened) => this.#adopt(opened));
      const state = await file.stat();
      const found = toVersion(state);
      if (found.etag !== version.etag || found.size !== version.size) throw this.#toChanged();
      this.#state = state;
    } catch (error) {
      throw toFileError(error, this.#name);
    }
  }

  async pull(): Promise<Chunk> {
    const { range, slabBytes = READ_BYTES } = this.#request;
    const length = Math.min(READ_BYTES, slabBytes, range.end - this.#position);
    const slab = this.#slabs.take(length);
    try {
      const bytes = await this.#read(slab.buffer, Math.min(length, slab.buffer.length));
      return { bytes: slab.buffer.subarray(0, bytes), release: () => slab.release() };
    } catch (error) {
      slab.release();
      throw toFileError(error, this.#name);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#file?.close();
  }

  #adopt(file: OpenFile): void {
    this.#file = file;
    if (this.#isClosed) file.close();
  }

  async #read(buffer: Buffer, length: number): Promise<number> {
    const file = this.#file!;
    const bytes = await file.read(buffer, { length, position: this.#position });
    const now = await file.stat();
    if (!hasSameBytes(this.#state!, now)) throw this.#toChanged();
    if (bytes === 0) {
      throw new SluiceError(
        'truncated',
        `${this.#name} ended at ${this.#position}, before the ${now.size} bytes it has`,
      );
    }
    this.#state = now;
    this.#position += bytes;
    return bytes;
  }

  #toChanged(): SluiceError {
    return new SluiceError('changed', `${this.#name} is no longer the version ${this.#request.version.etag}`);
  }
}
