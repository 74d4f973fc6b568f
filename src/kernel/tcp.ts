// What Linux tells of a client's TCP socket, and is told about it: how much the client's machine has truly taken, and
// how much may wait in the kernel for it. A declared capability: where it cannot be had, opening it says why, and the
// flow goes by the socket's own drain. Of a socket that is gone, or is not TCP, nothing is told.
import type { Socket } from 'node:net';
import { SluiceError } from '../errors.ts';
import { openSocketCalls } from './socket-calls.ts';
import type { SocketCalls, System } from './socket-calls.ts';
import { readAckedBytes, readMinRoundTripMs, TCP_INFO, TCP_INFO_BYTES } from './tcp-info.ts';

/** Each fact is `undefined` when it cannot be told. Acknowledged: the peer's kernel has it, its program perhaps not. */
export type TcpFacts = {
  /**
   * Bytes written to `socket` that the peer has not acknowledged: those that wait in Node's and libuv's queues, and
   * those in the kernel's. The end of the connection counts as one byte. Over TLS it is the encrypted bytes that are
   * counted, and those of a write under way may be counted twice.
   */
  unackedBytes(socket: Socket): number | undefined;
  /**
   * Of `unackedBytes`, those in the kernel's queue. It is asked without the socket's lock, and costs a fraction of what
   * `ackedBytes` does.
   */
  heldBytes(socket: Socket): number | undefined;
  /**
   * Bytes that the peer has acknowledged since the connection began, the end of it as one. On the side that opened the
   * connection its beginning is one more; over TLS the handshake counts too.
   */
  ackedBytes(socket: Socket): number | undefined;
  /** The smallest round trip of this connection, in milliseconds. */
  minRoundTripMs(socket: Socket): number | undefined;
  /**
   * Keeps the kernel from taking more when it holds `bytes` that have not left yet. It may go beyond by one packet (up
   * to 64 KiB). Returns whether it will.
   */
  limitUnsent(socket: Socket, bytes: number): boolean;
};

/** `SIOCOUTQ` of include/uapi/linux/sockios.h, by `TIOCOUTQ` of asm-generic/ioctls.h: "not sent + not acked". */
const SIOCOUTQ = 0x5411n;

/** `TCP_NOTSENT_LOWAT` of include/uapi/linux/tcp.h. */
const TCP_NOTSENT_LOWAT = 25;

/** What an int holds. */
const MAX_LIMIT_BYTES = 0x7fff_ffff;

/** What Node keeps of a socket under `_handle`, a TLS socket's too: it passes its descriptor on. */
type Handle = {
  /** Negative when it is closed. */
  readonly fd: number;
  /** Bytes that libuv has been given and has not written. */
  readonly writeQueueSize: number;
  /** Bytes that libuv has been given, ever. */
  readonly bytesWritten: number;
};

/** Opens the facts for this thread, or says why they cannot be had. Never throws. */
export function openTcpFacts(system?: System): { readonly facts: TcpFacts } | { readonly reason: string } {
  const opened = openSocketCalls(system);
  return 'calls' in opened ? { facts: toTcpFacts(opened.calls) } : opened;
}

function toTcpFacts(calls: SocketCalls): TcpFacts {
  // One for all: a call fills it and it is read before anything else can run.
  const room = new ArrayBuffer(TCP_INFO_BYTES);
  const info = new DataView(room);

  function readInfo(socket: Socket, read: typeof readAckedBytes): number | undefined {
    const handle = tcpHandle(socket);
    const filledBytes = handle && calls.readTcpOption(handle.fd, TCP_INFO, room);
    return filledBytes === undefined ? undefined : read(info, filledBytes);
  }

  return {
    unackedBytes(socket) {
      const handle = tcpHandle(socket);
      if (!handle) return undefined;
      const heldBytes = calls.readInt(handle.fd, SIOCOUTQ);
      return heldBytes === undefined ? undefined : heldBytes + queuedBytes(socket, handle);
    },
    heldBytes(socket) {
      const handle = tcpHandle(socket);
      return handle && calls.readInt(handle.fd, SIOCOUTQ);
    },
    ackedBytes: (socket) => readInfo(socket, readAckedBytes),
    minRoundTripMs: (socket) => readInfo(socket, readMinRoundTripMs),
    limitUnsent(socket, bytes) {
      if (!Number.isInteger(bytes) || bytes < 1 || bytes > MAX_LIMIT_BYTES) {
        throw new SluiceError('misuse', `a limit should be from 1 to ${MAX_LIMIT_BYTES} bytes, not ${bytes}`);
      }
      const handle = tcpHandle(socket);
      return handle !== undefined && calls.writeTcpOption(handle.fd, TCP_NOTSENT_LOWAT, bytes);
    },
  };
}

/**
 * The handle of a connection that is open now. It is looked up for each call and no descriptor is ever kept: when the
 * socket is closed, the next one may be given its number. A Unix socket has no remote address.
 */
function tcpHandle(socket: Socket): Handle | undefined {
  const { _handle: handle } = socket as Socket & { readonly _handle?: Handle | null };
  return handle && handle.fd >= 0 && socket.remoteFamily !== undefined ? handle : undefined;
}

/** What was written to the socket and the kernel does not have. */
function queuedBytes(socket: Socket, handle: Handle): number {
  // A TLS handle does not tell of what it has yet to encrypt. Its stream counts a write whole until it has all left.
  if ('encrypted' in socket) return socket.writableLength;
  return socket.bytesWritten - handle.bytesWritten + handle.writeQueueSize;
}
