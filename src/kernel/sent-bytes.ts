// How far the bytes written to a socket have come on our own side, by what Node and libuv keep of it: no call of the
// system, and there on every platform. Both counts begin with the connection, as that of acknowledged bytes does on the
// side that was called (tcp.ts), and over TLS both are of encrypted bytes.
import type { Socket } from 'node:net';

/** What Node keeps of a socket under `_handle`. */
type Handle = {
  /** Bytes that libuv has been given, ever; of a TLS handle, bytes that it was given to encrypt. */
  readonly bytesWritten: number;
  /** Bytes that libuv has been given and has not written. */
  readonly writeQueueSize: number;
  /** Of a TLS handle: the one that the encrypted bytes go through. */
  readonly _parent?: Handle | undefined;
};

/** Where all that was written so far ends; `undefined` of a closed socket, and while TLS has yet to encrypt some of it. */
export function writtenBytes(socket: Socket): number | undefined {
  const handle = wireOf(socket);
  if (!handle) return undefined;
  if (!('encrypted' in socket)) return socket.bytesWritten;
  // A write stands in the stream until the last byte of it has left; what TLS has yet to encrypt it does not tell.
  return socket.writableLength === 0 ? handle.bytesWritten : undefined;
}

/** How much the kernel has taken; `undefined` of a closed socket, and when a write has failed: its rest was dropped. */
export function takenBytes(socket: Socket): number | undefined {
  const { errored } = socket as Socket & { readonly errored: NodeJS.ErrnoException | null };
  const handle = errored?.syscall === 'write' ? undefined : wireOf(socket);
  return handle && handle.bytesWritten - handle.writeQueueSize;
}

/** What writes to the kernel; nothing where that is no socket, as when TLS runs over another stream. */
function wireOf(socket: Socket): Handle | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle?: Handle | null };
  const wire = 'encrypted' in socket ? handle?._parent : handle;
  return wire && Number.isInteger(wire.bytesWritten) && Number.isInteger(wire.writeQueueSize) ? wire : undefined;
}
