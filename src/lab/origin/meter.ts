// What went over the wire, request by request: the figures that tell what a hang-up cost the origin.
// Times are milliseconds since the epoch, with fractions; bytes are those of the body.

/** The finished requests that are kept one by one. Totals go on counting beyond. */
const MAX_REQUESTS_KEPT = 10_000;

export type RequestReading = {
  /** Counted from 1; the answer's `x-amz-request-id` is the same number, in hex. */
  readonly id: number;
  readonly connection: number;
  readonly method: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly range: string | undefined;
  readonly ifMatch: string | undefined;
  /** Undefined until the head has been written. */
  readonly status: number | undefined;
  /** The length of the body that the answer promised. */
  readonly bodyBytes: number;
  /** Bytes of the body that the kernel has accepted. */
  readonly bytesLeft: number;
  /** Bytes in a write that the kernel has not wholly accepted: any number of them may have left as well. */
  readonly bytesInWrite: number;
  readonly startedAt: number;
  readonly headAt: number | undefined;
  readonly endedAt: number | undefined;
  /** Who ended the connection before the answer was complete. */
  readonly closedBy: 'origin' | 'peer' | null;
  /** How: an orderly end of the stream (FIN), or a reset (RST). */
  readonly closedWith: 'fin' | 'rst' | null;
  readonly complete: boolean;
};

export type MeterTotals = {
  readonly requests: number;
  readonly complete: number;
  readonly closedByPeer: number;
  readonly closedByOrigin: number;
  readonly bodyBytes: number;
  readonly bytesLeft: number;
};

/** Connections to the control interface are not among them. */
export type MeterConnections = { readonly open: number; readonly total: number; readonly peak: number };

export type MeterReading = {
  readonly connections: MeterConnections;
  readonly totals: MeterTotals;
  /** In the order in which they came: those under way, and the last 10,000 that have ended. */
  readonly requests: readonly RequestReading[];
};

/** What a person or a test may do with the meter. */
export type MeterAccess = {
  read(): MeterReading;
  /** Forgets what has ended and sets the totals to zero. What is under way and open stays. */
  reset(): void;
  /** Waits until `look` finds what it looks for; it is asked now and after every change. */
  until<Found>(look: (meter: MeterReading) => Found | undefined): Promise<Found>;
};

export type RequestStart = Pick<RequestReading, 'connection' | 'method' | 'bucket' | 'key' | 'range' | 'ifMatch'>;

export type RequestEnd = Pick<RequestReading, 'complete' | 'closedBy' | 'closedWith'>;

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

export class Meter implements MeterAccess {
  #requests = new Map<number, Mutable<RequestReading>>();
  #endedCount = 0;
  #lastId = 0;
  #totals = zeroTotals();
  #connections: Mutable<MeterConnections> = { open: 0, total: 0, peak: 0 };
  readonly #watchers = new Set<() => void>();

  read(): MeterReading {
    return {
      connections: { ...this.#connections },
      totals: { ...this.#totals },
      requests: Array.from(this.#requests.values(), (request) => ({ ...request })),
    };
  }

  get connections(): MeterConnections {
    return this.#connections;
  }

  reset(): void {
    for (const [id, { endedAt }] of this.#requests) if (endedAt !== undefined) this.#requests.delete(id);
    this.#endedCount = 0;
    this.#totals = zeroTotals();
    this.#connections = { open: this.#connections.open, total: 0, peak: this.#connections.open };
    this.#changed();
  }

  until<Found>(look: (meter: MeterReading) => Found | undefined): Promise<Found> {
    return new Promise((resolve, reject) => {
      const watcher = (): void => {
        try {
          const found = look(this.read());
          if (found === undefined) return;
          resolve(found);
        } catch (error) {
          reject(error);
        }
        this.#watchers.delete(watcher);
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }

  /** Returns what `connectionDisowned` wants back. */
  connectionOpened(): number {
    const connections = this.#connections;
    const peakBefore = connections.peak;
    connections.open += 1;
    connections.total += 1;
    connections.peak = Math.max(connections.peak, connections.open);
    this.#changed();
    return peakBefore;
  }

  /** It turned out to be one that isn't counted; the peak is as if it had never been there. */
  connectionDisowned(peakBefore: number): void {
    const connections = this.#connections;
    if (connections.peak > peakBefore) connections.peak -= 1;
    connections.total -= 1;
    this.connectionClosed();
  }

  connectionClosed(): void {
    this.#connections.open -= 1;
    this.#changed();
  }

  requestStarted(start: RequestStart): number {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#requests.set(id, {
      id,
      ...start,
      status: undefined,
      bodyBytes: 0,
      bytesLeft: 0,
      bytesInWrite: 0,
      startedAt: now(),
      headAt: undefined,
      endedAt: undefined,
      closedBy: null,
      closedWith: null,
      complete: false,
    });
    this.#totals.requests += 1;
    this.#changed();
    return id;
  }

  headWritten(id: number, { status, bodyBytes }: Pick<RequestReading, 'status' | 'bodyBytes'>): void {
    this.#change(id, (request) => {
      Object.assign(request, { status, bodyBytes, headAt: now() });
      this.#totals.bodyBytes += bodyBytes;
    });
  }

  writeBegun(id: number, bytes: number): void {
    this.#change(id, (request) => (request.bytesInWrite += bytes));
  }

  /** The kernel has accepted the whole of a write. */
  writeAccepted(id: number, bytes: number): void {
    this.#change(id, (request) => {
      request.bytesInWrite -= bytes;
      request.bytesLeft += bytes;
      this.#totals.bytesLeft += bytes;
    });
  }

  /** The first word counts: how a request ended does not change any more. */
  requestEnded(id: number, end: RequestEnd): void {
    this.#change(id, (request) => {
      Object.assign(request, end, { endedAt: now() });
      if (end.complete) this.#totals.complete += 1;
      if (end.closedBy === 'peer') this.#totals.closedByPeer += 1;
      if (end.closedBy === 'origin') this.#totals.closedByOrigin += 1;
      this.#endedCount += 1;
      if (this.#endedCount > MAX_REQUESTS_KEPT) this.#dropOldest();
    });
  }

  #change(id: number, apply: (request: Mutable<RequestReading>) => void): void {
    const request = this.#requests.get(id);
    if (!request || request.endedAt !== undefined) return;
    apply(request);
    this.#changed();
  }

  #dropOldest(): void {
    for (const [id, { endedAt }] of this.#requests) {
      if (endedAt === undefined) continue;
      this.#requests.delete(id);
      this.#endedCount -= 1;
      return;
    }
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

function zeroTotals(): Mutable<MeterTotals> {
  return { requests: 0, complete: 0, closedByPeer: 0, closedByOrigin: 0, bodyBytes: 0, bytesLeft: 0 };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
