// The connections to one origin: at most so many, kept open between exchanges, the most recently used first, so
// that the rest grow old and are closed. Who finds none free waits in line.
import { SluiceError } from '../errors.ts';
import { Connection } from './connection.ts';
import type { ConnectionOwner, OriginAddress } from './connection.ts';

export type HostPoolOptions = {
  /** Connections open at once, busy and idle. */
  readonly maxConnections: number;
  /** Idle connections are closed after this; S3 does the same after some 20 s, and the one who closes first is never surprised. */
  readonly idleTimeoutMs: number;
  /** From the first packet to a connection that can carry a request, TLS included. */
  readonly connectTimeoutMs: number;
  /** How long to wait in line for a free connection. */
  readonly queueTimeoutMs: number;
};

/** Who wants a connection. Exactly one of the two is called, once. `acquired` may be called before `acquire` returns. */
export type ConnectionWaiter = {
  acquired(connection: Connection): void;
  refused(error: SluiceError): void;
};

/** One waiter's place: in line, or with a connection that is being made for it. */
type Claim = { readonly waiter: ConnectionWaiter; giveUp: () => void };

type Idle = { readonly connection: Connection; readonly timer: NodeJS.Timeout };

/** Its owner calls `close()`. */
export class HostPool implements ConnectionOwner {
  readonly #address: OriginAddress;
  readonly #options: HostPoolOptions;
  readonly #all = new Set<Connection>();
  readonly #connecting = new Map<Connection, Claim>();
  readonly #queue = new Set<Claim>();
  /** The most recently used at the end. */
  readonly #idle: Idle[] = [];
  #closed = false;

  constructor(address: OriginAddress, options: HostPoolOptions) {
    this.#address = address;
    this.#options = options;
  }

  get openCount(): number {
    return this.#all.size;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  get queuedCount(): number {
    return this.#queue.size;
  }

  /**
   * Finds `waiter` a connection; `fresh` asks for one that has not lain idle, where the origin may have left it.
   * Returns how to give up waiting: once it is called, neither of the waiter's functions is.
   */
  acquire(waiter: ConnectionWaiter, { fresh }: { readonly fresh: boolean }): () => void {
    const idle = fresh ? undefined : this.#idle.pop();
    if (idle) {
      clearTimeout(idle.timer);
      waiter.acquired(idle.connection);
      return () => {};
    }
    const claim: Claim = { waiter, giveUp: () => {} };
    // An idle connection is no use to someone who needs a fresh one, but its place is.
    if (this.#all.size >= this.#options.maxConnections) this.#idle[0]?.connection.destroy();
    if (this.#all.size < this.#options.maxConnections) this.#connect(claim);
    else this.#enqueue(claim);
    return () => claim.giveUp();
  }

  /** Closes what is idle and refuses who waits in line. Connections in use stay their exchanges' to end. */
  close(): void {
    this.#closed = true;
    for (const { connection } of [...this.#idle]) connection.destroy();
    for (const claim of [...this.#queue]) {
      claim.giveUp();
      claim.waiter.refused(new SluiceError('closed', 'the connection pool was closed'));
    }
  }

  connected(connection: Connection): void {
    const claim = this.#connecting.get(connection);
    this.#connecting.delete(connection);
    claim?.waiter.acquired(connection);
  }

  freed(connection: Connection): void {
    const [next] = this.#queue;
    if (next) {
      next.giveUp();
      next.waiter.acquired(connection);
      return;
    }
    if (this.#closed) {
      connection.destroy();
      return;
    }
    const timer = setTimeout(() => connection.destroy(), this.#options.idleTimeoutMs);
    this.#idle.push({ connection, timer });
  }

  lost(connection: Connection, cause: SluiceError): void {
    this.#all.delete(connection);
    const at = this.#idle.findIndex((idle) => idle.connection === connection);
    if (at >= 0) clearTimeout(this.#idle.splice(at, 1)[0]!.timer);
    const claim = this.#connecting.get(connection);
    this.#connecting.delete(connection);
    claim?.waiter.refused(cause);
    const [next] = this.#queue;
    if (next && this.#all.size < this.#options.maxConnections) {
      next.giveUp();
      this.#connect(next);
    }
  }

  #connect(claim: Claim): void {
    const connection = new Connection(this.#address, this, this.#options.connectTimeoutMs);
    this.#all.add(connection);
    this.#connecting.set(connection, claim);
    claim.giveUp = () => {
      if (this.#connecting.delete(connection)) connection.destroy();
    };
  }

  #enqueue(claim: Claim): void {
    const { queueTimeoutMs, maxConnections } = this.#options;
    const timer = setTimeout(() => {
      this.#queue.delete(claim);
      const message = `all ${maxConnections} connections to the origin were busy for ${queueTimeoutMs} ms`;
      claim.waiter.refused(new SluiceError('overloaded', message, { retryable: true }));
    }, queueTimeoutMs);
    this.#queue.add(claim);
    claim.giveUp = () => {
      clearTimeout(timer);
      this.#queue.delete(claim);
    };
  }
}
