// The way of an answer onto the wire: one slab is filled, written, and filled again when the kernel has all of it.
// Whatever is awaited here ends at once when the peer leaves.

import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

import type { Answer, AnswerBody } from './answer.ts';
import type { Connection } from './connection.ts';
import type { StruckFault } from './faults.ts';
import type { Meter } from './meter.ts';
import type { ByteReader } from './stored-object.ts';

export type Delivery = {
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly meter: Meter;
  readonly requestId: number;
  readonly fault: StruckFault;
};

type Ending = { readonly kind: 'whole' | 'reset' | 'stall' | 'truncate'; readonly bytes: number };

/** Large enough for the kernel to be busy, small enough for the meter to be exact. */
const SLAB_BYTES = 256 << 10;

/** Memory kept for the next answers, in slabs. */
const MAX_FREE_SLABS = 64;

/** A paced body goes out in so many pieces a second at least, none of them larger: at 90 MB/s one each 0.7 ms. */
const PACED_PIECES_PER_SECOND = 100;
const MAX_PACED_PIECE_BYTES = 64 << 10;

/**
 * The finest that a timer can wait. A piece may go so much early; the last one, which an answer is timed by, half as
 * much, as it may be late by the other half. What is early is owed by the pieces and the answers that follow.
 */
const TIMER_MS = 1;

const freeSlabs: Buffer[] = [];

export async function sendAnswer(answer: Answer, delivery: Delivery): Promise<void> {
  const { response, connection, meter, requestId, fault } = delivery;
  if (fault.headDelayMs !== undefined) await waitUnlessGone(fault.headDelayMs, connection);
  if (fault.neverAnswer) return;
  if (fault.resetUnanswered) return connection.cut('rst');
  const { status, headers, body } = answer;
  // Opened before the head goes out, so that a failure can still be told in an answer.
  const reader = await body?.open();
  try {
    if (connection.isGone) return;
    response.writeHead(status, headers);
    meter.headWritten(requestId, { status, bodyBytes: body?.length ?? 0 });
    const ending = chooseEnding(fault, body?.length ?? 0, connection);
    if (ending.bytes === 0) await flushHead(response);
    if (body && reader && !(await sendBytes(reader, { ...body, length: ending.bytes }, delivery))) return;
    if (ending.kind === 'whole') {
      connection.requestCompleted(requestId);
      response.end();
    }
    if (ending.kind === 'reset') connection.cut('rst');
    if (ending.kind === 'truncate') connection.cut('fin');
  } finally {
    reader?.close();
  }
}

type Stretch = Pick<AnswerBody, 'offset' | 'length'>;

/** Answers false when it could not: the peer has left, or the object no longer has these bytes. */
async function sendBytes(reader: ByteReader, { offset, length }: Stretch, delivery: Delivery): Promise<boolean> {
  const { connection, fault } = delivery;
  const { rateBytesPerSecond } = fault;
  const pieceBytes = toPieceBytes(rateBytesPerSecond);
  const slab = freeSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  connection.pace.begin(performance.now());
  try {
    for (let sent = 0; sent < length;) {
      const piece = slab.subarray(0, Math.min(pieceBytes, length - sent));
      if (!(await reader.read(piece, offset + sent))) connection.cut('fin');
      if (rateBytesPerSecond !== undefined) {
        const isLast = sent + piece.length === length;
        await keepPace(connection, { bytes: piece.length, bytesPerSecond: rateBytesPerSecond, isLast });
      }
      if (!(await write(piece, delivery))) return false;
      sent += piece.length;
    }
    return true;
  } finally {
    if (freeSlabs.length < MAX_FREE_SLABS) freeSlabs.push(slab);
  }
}

/** Settles when nothing of `piece` is needed any more: the kernel has it, or the connection is no more. */
function write(piece: Buffer, { response, connection, meter, requestId }: Delivery): Promise<boolean> {
  if (connection.isGone) return Promise.resolve(false);
  meter.writeBegun(requestId, piece.length);
  return new Promise((resolve) => {
    response.write(piece, () => {
      if (connection.isGone) return resolve(false);
      connection.bodyBytes += piece.length;
      meter.writeAccepted(requestId, piece.length);
      resolve(true);
    });
  });
}

/** Settles when the kernel has the head. */
function flushHead(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.flushHeaders();
    if (response.socket) response.socket.write('', () => resolve());
    else resolve();
  });
}

function chooseEnding(fault: StruckFault, length: number, { bodyBytes }: Connection): Ending {
  const { resetAfterBytes, stallAfterBytes, truncateAfterBytes, resetConnectionAfterBytes } = fault;
  const endings: readonly Ending[] = [
    { kind: 'reset', bytes: resetAfterBytes ?? length },
    { kind: 'stall', bytes: stallAfterBytes ?? length },
    { kind: 'truncate', bytes: truncateAfterBytes ?? length },
    { kind: 'reset', bytes: Math.max(0, (resetConnectionAfterBytes ?? Number.POSITIVE_INFINITY) - bodyBytes) },
  ];
  return endings.find(({ bytes }) => bytes < length) ?? { kind: 'whole', bytes: length };
}

function toPieceBytes(rateBytesPerSecond: number | undefined): number {
  if (rateBytesPerSecond === undefined) return SLAB_BYTES;
  return Math.min(MAX_PACED_PIECE_BYTES, Math.max(1, Math.floor(rateBytesPerSecond / PACED_PIECES_PER_SECOND)));
}

type Piece = { readonly bytes: number; readonly bytesPerSecond: number; readonly isLast: boolean };

async function keepPace(connection: Connection, { bytes, bytesPerSecond, isLast }: Piece): Promise<void> {
  const { pace } = connection;
  const dueMs = pace.pay(bytes, { bytesPerSecond, nowMs: performance.now() });
  const earlyMs = isLast ? TIMER_MS / 2 : TIMER_MS;
  for (let leftMs = dueMs - performance.now(); leftMs > earlyMs; leftMs = dueMs - performance.now()) {
    await waitUnlessGone(leftMs, connection);
    if (connection.isGone) return;
  }
  pace.go(performance.now());
}

async function waitUnlessGone(milliseconds: number, { gone }: Connection): Promise<void> {
  await wait(milliseconds, undefined, { signal: gone }).catch((error: unknown) => {
    if (!gone.aborted) throw error;
  });
}
