// The HTTP/1.1 client: a pool of connections for each origin, and exchanges over them.
import { SluiceError } from '../errors.ts';
import type { OriginAddress } from './connection.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeOptions, ExchangeWishes } from './exchange-options.ts';
import { HostPool } from './host-pool.ts';
import type { HostPoolOptions } from './host-pool.ts';
import type { WireRequest } from './request.ts';

export type WireClientOptions = ExchangeOptions & HostPoolOptions;

/** Its owner calls `close()`; exchanges under way are their holders' to close. */
export class WireClient {
  readonly #options: WireClientOptions;
  readonly #pools = new Map<string, HostPool>();
  #closed = false;

  constructor(options: WireClientOptions) {
    this.#options = options;
  }

  /** Connections open now, to every origin. */
  get openConnections(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.openCount, 0);
  }

  /** Connections open now that carry no exchange. */
  get idleConnections(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.idleCount, 0);
  }

  /**
   * Sends a request. It returns at once; the exchange waits for its connection and its answer.
   * The `ca` of an origin must always be the same: connections are shared by host and port.
   */
  exchange(address: OriginAddress, request: WireRequest, wishes?: ExchangeWishes): Exchange {
    if (this.#closed) throw new SluiceError('misuse', 'the client is closed');
    const options = wishes ? { ...this.#options, ...wishes } : this.#options;
    return new Exchange(this.#pool(address), request, options);
  }

  /** Closes idle connections and takes no more requests. */
  close(): void {
    this.#closed = true;
    for (const pool of this.#pools.values()) pool.close();
  }

  #pool(address: OriginAddress): HostPool {
    const key = `${address.tls ? 'https' : 'http'}://${address.host}:${address.port}`;
    let pool = this.#pools.get(key);
    if (!pool) {
      pool = new HostPool(address, this.#options);
      this.#pools.set(key, pool);
    }
    return pool;
  }
}
