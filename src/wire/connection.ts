// One connection to an origin, TCP or TLS, that carries one exchange at a time. Node reads from the socket straight
// into the buffer that the exchange offers (`onread`), so that a byte is copied once: by the kernel.
import net from 'node:net';
import tls from 'node:tls';
import { SluiceError } from '../errors.ts';

/** Holds a response head while no body is expected; S3's are under 1 KiB. An idle connection costs no more memory. */
const SCRATCH_BYTES = 4 << 10;

export type OriginAddress = {
  readonly host: string;
  readonly port: number;
  /** Present for TLS. `ca`: PEM certificates to trust instead of the system's. */
  readonly tls?: { readonly ca?: string };
};

/** Who uses a connection at the moment. */
export type ConnectionUser = {
  /** Where the next bytes shall go, or `undefined` for the connection's own small buffer. */
  room(): Buffer | undefined;
  /** That many bytes have come into the last `room()`. Returns whether to go on reading. */
  filled(bytes: number): boolean;
  /** These bytes have come into the connection's own buffer; they are gone after the call. Returns the same. */
  received(bytes: Buffer): boolean;
  /** The connection is gone; `cause` unless the origin ended it in an orderly way. */
  ended(cause: Error | undefined): void;
};

/** Who owns a connection between uses. */
export type ConnectionOwner = {
  connected(connection: Connection): void;
  freed(connection: Connection): void;
  lost(connection: Connection, cause: SluiceError): void;
};

function toConnectError(address: OriginAddress, cause: Error | undefined): SluiceError {
  if (cause instanceof SluiceError) return cause;
  // A name with several addresses fails with one error for each, gathered in one that says nothing itself.
  const reasons: readonly unknown[] = cause instanceof AggregateError ? cause.errors : cause ? [cause] : [];
  const reason = reasons.map((each) => (each instanceof Error ? `: ${each.message}` : '')).join('');
  // A refused or reset connection may come back; a certificate that does not verify will not.
  const retryable = reasons.every((each) => each instanceof Error && 'syscall' in each);
  const message = `no connection to the origin ${address.host}:${address.port}${reason}`;
  return new SluiceError('origin-unreachable', message, { retryable, cause });
}

/** Owned by its pool until `destroy()`. */
export class Connection {
  readonly address: OriginAddress;
  /** How many exchanges it has begun. */
  uses = 0;
  readonly #owner: ConnectionOwner;
  readonly #socket: net.Socket;
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  readonly #connectTimer: NodeJS.Timeout;
  #boundToScratch = true;
  #connected = false;
  #paused = false;
  /** Whether a request has been sent whose response has not been whole. */
  #asked = false;
  #settling = false;
  #gone = false;
  #user: ConnectionUser | undefined;

  constructor(address: OriginAddress, owner: ConnectionOwner, connectTimeoutMs: number) {
    this.address = address;
    this.#owner = owner;
    const onread = {
      buffer: () => this.#nextBuffer(),
      callback: (bytes: number) => this.#read(bytes),
    };
    const { host, port } = address;
    if (address.tls) {
      const servername = net.isIP(host) ? '' : host;
      const ca = address.tls.ca === undefined ? {} : { ca: address.tls.ca };
      // Node takes `onread` for TLS as it does for TCP; its typings know only the latter.
      const options = { host, port, servername, ALPNProtocols: ['http/1.1'], ...ca, onread, noDelay: true };
      this.#socket = tls.connect(options as tls.ConnectionOptions);
    } else {
      this.#socket = net.connect({ host, port, onread, noDelay: true });
    }
    this.#connectTimer = setTimeout(() => {
      this.#lost(
        new SluiceError('origin-timeout', `no connection to ${host}:${port} within ${connectTimeoutMs} ms`, {
          retryable: true,
        }),
      );
    }, connectTimeoutMs);
    let failure: Error | undefined;
    this.#socket
      .once(address.tls ? 'secureConnect' : 'connect', () => {
        clearTimeout(this.#connectTimer);
        this.#connected = true;
        owner.connected(this);
      })
      .on('error', (error) => {
        failure = error;
      })
      .once('end', () => this.#lost(failure))
      .once('close', () => this.#lost(failure));
  }

  /** Begins an exchange: sends the request's bytes and hands `user` what comes. */
  begin(user: ConnectionUser, request: string): void {
    this.#user = user;
    this.uses += 1;
    if (this.#settling) setImmediate(() => this.#ask(request));
    else this.#ask(request);
  }

  /** Ends an exchange whose response is whole; the connection may carry another one. */
  free(): void {
    this.#user = undefined;
    if (this.#gone) return;
    // TLS hands on what it has decrypted even after a `false`: a response may become whole while reading is stopped.
    if (this.#paused) this.resume();
    // What the origin has sent beyond the response may come in this very turn of the loop, in its next read. So the
    // next request is sent only after it: what comes before was not asked for.
    this.#asked = false;
    this.#settling = true;
    setImmediate(() => {
      this.#settling = false;
    });
    this.#owner.freed(this);
  }

  /** Goes on reading after a `false`. */
  resume(): void {
    this.#paused = false;
    if (!this.#gone) this.#socket.resume();
  }

  /**
   * Whether bytes may come into the last `room()` even after `destroy()`, until this turn of the loop is over: TLS
   * decrypts every record it has received, and the reader of the first may have destroyed the connection.
   */
  get fillsOnAfterDestroy(): boolean {
    return this.address.tls !== undefined;
  }

  /**
   * Closes the socket at once, whatever is under way. A plain socket is reset, so that an origin with nothing to
   * send learns of it as soon as one that is sending; its user hears nothing any more.
   */
  destroy(): void {
    this.#user = undefined;
    this.#lost(undefined);
  }

  #ask(request: string): void {
    if (this.#gone) return;
    this.#asked = true;
    this.#socket.write(request, 'latin1');
  }

  #nextBuffer(): Buffer {
    const room = this.#user?.room();
    this.#boundToScratch = room === undefined;
    return room ?? this.#scratch;
  }

  #read(bytes: number): boolean {
    const user = this.#user;
    if (!user || !this.#asked) {
      // Bytes that nobody asked for: the next response on this connection could not be trusted.
      this.#lost(undefined);
      return false;
    }
    const goOn = this.#boundToScratch ? user.received(this.#scratch.subarray(0, bytes)) : user.filled(bytes);
    if (!goOn) this.#paused = true;
    return goOn;
  }

  #lost(cause: Error | undefined): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#connectTimer);
    if (this.#connected && !this.address.tls) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
    const user = this.#user;
    this.#user = undefined;
    this.#owner.lost(this, toConnectError(this.address, cause));
    user?.ended(cause);
  }
}
