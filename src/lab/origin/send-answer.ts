// The way of an answer onto the wire: one slab is filled, written, and filled again when the kernel has all of it.
// Whatever is awaited here ends at once when the peer leaves.

import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

import type { Answer, AnswerBody } from './answer.ts';
import type { Connection } from './connection.ts';
import type { Fault } from './fault-rules.ts';
import type { Meter } from './meter.ts';
import type { ByteReader } from './stored-object.ts';

export type Delivery = {
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly meter: Meter;
  readonly requestId: number;
  readonly fault: Fault;
};

type Ending = { readonly kind: 'whole' | 'reset' | 'stall' | 'truncate'; readonly bytes: number };

/** Large enough for the kernel to be busy, small enough for the meter to be exact. */
const SLAB_BYTES = 256 << 10;

/** Memory kept for the next answers, in slabs. */
const MAX_FREE_SLABS = 64;

/** A paced body goes out in so many pieces a second. */
const PACED_PIECES_PER_SECOND = 20;

/** What a timer was late by is made good, up to this: otherwise a high rate would never be reached. */
const MAX_CATCH_UP_MS = 50;

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
    const ending = chooseEnding(fault, body?.length ?? 0);
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
  const pieceBytes = toPieceBytes(fault.rateBytesPerSecond);
  const slab = freeSlabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
  try {
    for (let sent = 0; sent < length;) {
      const piece = slab.subarray(0, Math.min(pieceBytes, length - sent));
      if (!(await reader.read(piece, offset + sent))) connection.cut('fin');
      if (fault.rateBytesPerSecond !== undefined) await pace(piece.length, fault.rateBytesPerSecond, connection);
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

function chooseEnding(fault: Fault, length: number): Ending {
  const { resetAfterBytes, stallAfterBytes, truncateAfterBytes } = fault;
  const endings: readonly Ending[] = [
    { kind: 'reset', bytes: resetAfterBytes ?? length },
    { kind: 'stall', bytes: stallAfterBytes ?? length },
    { kind: 'truncate', bytes: truncateAfterBytes ?? length },
  ];
  return endings.find(({ bytes }) => bytes < length) ?? { kind: 'whole', bytes: length };
}

function toPieceBytes(rateBytesPerSecond: number | undefined): number {
  if (rateBytesPerSecond === undefined) return SLAB_BYTES;
  return Math.min(SLAB_BYTES, Math.max(1, Math.floor(rateBytesPerSecond / PACED_PIECES_PER_SECOND)));
}

async function pace(bytes: number, rateBytesPerSecond: number, connection: Connection): Promise<void> {
  const now = performance.now();
  const begin = Math.max(now - MAX_CATCH_UP_MS, connection.paidUntil);
  connection.paidUntil = begin + (bytes / rateBytesPerSecond) * 1000;
  if (connection.paidUntil > now) await waitUnlessGone(connection.paidUntil - now, connection);
}

async function waitUnlessGone(milliseconds: number, { gone }: Connection): Promise<void> {
  await wait(milliseconds, undefined, { signal: gone }).catch((error: unknown) => {
    if (!gone.aborted) throw error;
  });
}
