// Every connection of the origin, from the accept to the close.

import type { Server } from 'node:http';
import type { Socket } from 'node:net';

import { Connection } from './connection.ts';
import type { Meter } from './meter.ts';

export class ConnectionBook {
  readonly #meter: Meter;
  readonly #bySocket = new WeakMap<Socket, Connection>();
  /** By the peer's address and port: all that the plain socket and the TLS socket above it have in common. */
  readonly #open = new Map<string, Connection>();
  #lastId = 0;

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('secureConnection', (socket: Socket) => {
      const connection = this.#open.get(toAddress(socket));
      if (!connection) return;
      connection.watch(socket);
      this.#bySocket.set(socket, connection);
    });
  }

  /** Undefined when the connection has closed before its TLS was through. */
  get(socket: Socket): Connection | undefined {
    return this.#bySocket.get(socket);
  }

  cutAll(): void {
    for (const connection of this.#open.values()) connection.cut('rst');
  }

  #accept(socket: Socket): void {
    this.#lastId += 1;
    const connection = new Connection(socket, { id: this.#lastId, meter: this.#meter });
    const address = toAddress(socket);
    this.#bySocket.set(socket, connection);
    this.#open.set(address, connection);
    socket.once('close', () => {
      // The address may be another connection's by now.
      if (this.#open.get(address) === connection) this.#open.delete(address);
    });
  }
}

function toAddress({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
