// How a window is cut into requests, and in pieces of what size their bytes come: pure arithmetic.
import { FIRST_WINDOW_BYTES } from './window.ts';

/** A request for less costs more than it brings: S3 answers it in the same time, we take as many steps for it. */
export const MIN_PART_BYTES = 128 << 10;

/** What S3 recommends at most for a range is 8 to 16 MiB; beyond that a request's cost no longer shows. */
const MAX_PART_BYTES = 16 << 20;

/** The smallest piece of memory for bodies: with less nothing moves. */
export const SMALLEST_SLAB_BYTES = 16 << 10;

/**
 * The sizes that memory for bodies comes in, less the page that each has beyond it (wire/slab-pool.ts), and from what
 * request on each is used. Large ones cost less time; a client's first bytes come in small ones.
 */
const SLABS = [
  { slabBytes: 1 << 20, fromBytes: 1 << 20 },
  { slabBytes: 256 << 10, fromBytes: (256 << 10) + 1 },
  { slabBytes: 64 << 10, fromBytes: SMALLEST_SLAB_BYTES + 1 },
  { slabBytes: SMALLEST_SLAB_BYTES, fromBytes: 0 },
] as const;

const PAGE_BYTES = 4 << 10;

/** What one process passes on at the most, measured on loopback; those who read at the same time share it. */
const PROCESS_BYTES_PER_MS = 1 << 20;

export type Pace = {
  /** How fast the client drinks; 0 while that is not known. */
  readonly clientBytesPerMs: number;
  /** How fast one connection brings; 0 while that is not known. */
  readonly connectionBytesPerMs: number;
  /** Flows under way, this one among them. */
  readonly activeCount: number;
  readonly maxConnections: number;
};

/**
 * Over how many connections it may take to ask: enough for four times what the client drinks now, or for this flow's
 * share of what the process can pass on, at the speed that one of them has.
 */
export function toConnections({ clientBytesPerMs, connectionBytesPerMs, activeCount, maxConnections }: Pace): number {
  const paceBytesPerMs = Math.min(4 * clientBytesPerMs, PROCESS_BYTES_PER_MS / activeCount);
  const needed = connectionBytesPerMs > 0 ? Math.ceil(paceBytesPerMs / connectionBytesPerMs) : 1;
  return Math.min(maxConnections, Math.max(1, needed));
}

export type CutOptions = {
  readonly windowBytes: number;
  readonly connections: number;
  /** Where the range ends. */
  readonly end: number;
  /** The size of the parts that the object was uploaded in. */
  readonly storedPartBytes?: number | undefined;
};

/**
 * Where the request that begins at `start` ends. It asks for whole stored parts where it can, since a store reads those
 * from one place each, and for what is left rather than leave a crumb.
 */
export function cutPart(start: number, { windowBytes, connections, end, storedPartBytes }: CutOptions): number {
  // Two at the least, so that the next can be asked for while one still comes.
  const evenBytes = Math.floor(windowBytes / Math.max(2, connections));
  const bytes =
    windowBytes <= FIRST_WINDOW_BYTES
      ? windowBytes
      : Math.min(windowBytes, MAX_PART_BYTES, Math.max(MIN_PART_BYTES, evenBytes));
  const aligned = storedPartBytes === undefined ? start + bytes : align(start, bytes, storedPartBytes);
  return end - aligned < Math.min(bytes / 4, windowBytes - bytes) ? end : Math.min(end, aligned);
}

function align(start: number, bytes: number, storedPartBytes: number): number {
  const boundary = Math.floor((start + bytes) / storedPartBytes) * storedPartBytes;
  // A boundary close behind the start would make a request of next to nothing.
  return boundary >= start + bytes / 4 ? boundary : start + bytes;
}

/** The size of the slabs for a request. */
export function toSlabBytes(partBytes: number): number {
  return SLABS.find(({ fromBytes }) => partBytes >= fromBytes)!.slabBytes;
}

/** The most memory that `bytes`, one after the other, fill in slabs of that size. */
export function toMemoryBytes(bytes: number, slabBytes: number): number {
  return Math.ceil(bytes / slabBytes) * (slabBytes + PAGE_BYTES);
}

/** The memory to reserve for a request. */
export function toPartMemoryBytes(partBytes: number): number {
  return toMemoryBytes(partBytes, toSlabBytes(partBytes));
}
