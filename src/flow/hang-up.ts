// Tells who serves a socket that its client has gone: one pair of listeners a socket, however many requests are
// pipelined on it. A half-close counts: a client that has shut its side may be one that closed, and while there is
// nothing to send to it no other sign would ever come (nginx and Node's own server see it the same way).
import type { Socket } from 'node:net';

const watched = new WeakMap<Socket, Set<() => void>>();

function watch(socket: Socket): Set<() => void> {
  const listeners = new Set<() => void>();
  watched.set(socket, listeners);
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  socket.on('end', tell);
  socket.on('close', tell);
  return listeners;
}

/** Calls `listener` when the client of `socket` closes or half-closes. Returns how to stop listening. */
export function onHangUp(socket: Socket, listener: () => void): () => void {
  const listeners = watched.get(socket) ?? watch(socket);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Whose doing it was that a connection ended. */
export type Ender = 'client' | 'us';

/**
 * Calls `listener` once, when `socket` is about to let go of its descriptor, whoever makes it: until then the kernel can
 * be asked, also of a connection that was reset. By the time of any event it has been closed. To be called once for a
 * socket.
 */
export function beforeClose(socket: Socket, listener: (ender: Ender) => void): void {
  const destroy = socket._destroy.bind(socket);
  socket._destroy = (error, callback) => {
    listener(error || socket.readableEnded ? 'client' : 'us');
    destroy(error, callback);
  };
}
