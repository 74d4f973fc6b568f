// The chunked transfer coding (RFC 9112 §7.1), decoded where it lies: the framing is squeezed out of the slab, so
// that what is left is one run of the body's bytes. Strict: CRLF only, bounded sizes, extensions and trailers.
import { SluiceError } from '../errors.ts';

/** 2^52 bytes fit in thirteen hexadecimal digits and in a double. */
const MAX_SIZE_DIGITS = 13;

/** Extensions and trailers are read and dropped; nobody sends more than a checksum there. */
const MAX_IGNORED_BYTES = 8 << 10;

const CR = 13;
const LF = 10;
const SEMICOLON = 59;

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'trailer-lf' | 'end';

function invalid(what: string): SluiceError {
  return new SluiceError('origin-invalid', `the origin's chunked body is malformed: ${what}`);
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Decodes one body. */
export class ChunkedDecoder {
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  #ignoredBytes = 0;
  #trailerLineBytes = 0;

  /** Whether the last chunk and its trailers are through. */
  get ended(): boolean {
    return this.#state === 'end';
  }

  /**
   * Takes `buffer[start, end)` as the next bytes of the coding and moves the body's bytes among them to the front.
   * Returns how many those are, and how many bytes of the input lie beyond the end of the body.
   */
  decode(buffer: Buffer, start: number, end: number): { readonly bodyBytes: number; readonly surplusBytes: number } {
    let write = start;
    let at = start;
    while (at < end && this.#state !== 'end') {
      if (this.#state === 'data') {
        const run = Math.min(this.#size, end - at);
        if (write !== at) buffer.copyWithin(write, at, at + run);
        write += run;
        at += run;
        this.#size -= run;
        if (this.#size === 0) this.#state = 'data-cr';
      } else {
        this.#step(buffer[at]!);
        at += 1;
      }
    }
    return { bodyBytes: write - start, surplusBytes: end - at };
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'size':
        return this.#sizeByte(byte);
      case 'extension':
        if (byte === CR) this.#state = 'size-lf';
        else this.#ignore(byte);
        return;
      case 'size-lf':
        this.#expect(byte, LF);
        this.#state = this.#size === 0 ? 'trailer' : 'data';
        this.#digits = 0;
        this.#trailerLineBytes = 0;
        return;
      case 'data-cr':
        this.#expect(byte, CR);
        this.#state = 'data-lf';
        return;
      case 'data-lf':
        this.#expect(byte, LF);
        this.#state = 'size';
        return;
      case 'trailer':
        if (byte === CR) this.#state = 'trailer-lf';
        else {
          this.#ignore(byte);
          this.#trailerLineBytes += 1;
        }
        return;
      case 'trailer-lf':
        this.#expect(byte, LF);
        this.#state = this.#trailerLineBytes === 0 ? 'end' : 'trailer';
        this.#trailerLineBytes = 0;
        return;
      case 'data':
      case 'end':
        throw new SluiceError('misuse', `no single byte is read in the state ${this.#state}`);
    }
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#digits += 1;
      if (this.#digits > MAX_SIZE_DIGITS) throw invalid('a chunk size beyond any object');
      this.#size = this.#size * 16 + digit;
    } else if (this.#digits > 0 && byte === CR) {
      this.#state = 'size-lf';
    } else if (this.#digits > 0 && byte === SEMICOLON) {
      this.#state = 'extension';
    } else {
      throw invalid('a chunk size');
    }
  }

  #expect(byte: number, wanted: number): void {
    if (byte !== wanted) throw invalid('a line end');
  }

  #ignore(byte: number): void {
    this.#ignoredBytes += 1;
    if (byte === LF || this.#ignoredBytes > MAX_IGNORED_BYTES) throw invalid('its extensions or trailers');
  }
}
