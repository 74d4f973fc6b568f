// One client's connection: who it is for the meter, and the instant its peer leaves.
// A FIN counts as leaving even when the peer could still read: S3's clients do not close halfway.

import type { Socket } from 'node:net';

import type { Meter } from './meter.ts';
import { Pace } from './pace.ts';

export class Connection {
  readonly id: number;
  readonly pace = new Pace();
  /** Bytes of bodies that the kernel has accepted since the connection began. */
  bodyBytes = 0;
  readonly #meter: Meter;
  readonly #socket: Socket;
  /** The socket that requests are read from: under TLS, the one above `#socket`. */
  #stream: Socket;
  readonly #peakBefore: number;
  readonly #gone = new AbortController();
  readonly #requests = new Set<number>();
  #isControl = false;

  constructor(socket: Socket, { id, meter }: { readonly id: number; readonly meter: Meter }) {
    this.id = id;
    this.#meter = meter;
    this.#socket = socket;
    this.#stream = socket;
    this.#peakBefore = meter.connectionOpened();
    this.watch(socket);
    socket.once('close', () => {
      if (!this.#isControl) meter.connectionClosed();
      this.#leave('rst');
    });
  }

  /** Aborted as soon as there is nobody to write to. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isGone(): boolean {
    return this.#gone.signal.aborted;
  }

  /** The TLS socket above the plain one hears of the peer's leaving; under plain HTTP there is only one. */
  watch(socket: Socket): void {
    this.#stream = socket;
    socket.once('end', () => this.#leave('fin'));
    socket.on('error', () => this.#leave('rst'));
  }

  /** It carries the control interface, and nothing to be metered. */
  markAsControl(): void {
    if (this.#isControl) return;
    this.#isControl = true;
    this.#meter.connectionDisowned(this.#peakBefore);
  }

  requestBegan(requestId: number): void {
    this.#requests.add(requestId);
    if (this.isGone) this.#endRequests({ complete: false, closedBy: 'peer', closedWith: 'rst' });
  }

  requestCompleted(requestId: number): void {
    this.#requests.delete(requestId);
    this.#meter.requestEnded(requestId, { complete: true, closedBy: null, closedWith: null });
  }

  /** The origin itself ends the connection, in the middle of an answer. */
  cut(how: 'fin' | 'rst'): void {
    if (this.isGone) return;
    this.#endRequests({ complete: false, closedBy: 'origin', closedWith: how });
    this.#gone.abort();
    if (how === 'fin') this.#stream.destroySoon();
    else this.#socket.resetAndDestroy();
  }

  #leave(how: 'fin' | 'rst'): void {
    if (this.isGone) return;
    this.#endRequests({ complete: false, closedBy: 'peer', closedWith: how });
    this.#gone.abort();
    this.#stream.destroy();
  }

  #endRequests(end: Parameters<Meter['requestEnded']>[1]): void {
    for (const id of this.#requests) this.#meter.requestEnded(id, end);
    this.#requests.clear();
  }
}
