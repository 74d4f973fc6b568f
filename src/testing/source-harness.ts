// What the source contract suite needs from whoever holds a source to it: a store to put objects into, and eyes and
// hands at the origin. What an origin cannot do is a capability that the harness leaves out and declares to lack.
import type { ByteRange, ObjectName, Source, Version } from '../source/source.ts';

/** An object that the harness has put into the store. */
export type PlacedObject = {
  readonly object: ObjectName;
  readonly version: Version;
  /** What the store has in this range. The suite only asks for ranges of at most a few MiB. */
  bytes(range: ByteRange): Uint8Array;
};

/** What some origins can do or show, and some cannot. */
export type Capabilities = {
  /** Connections or descriptors that the origin side sees open for bodies now, idle pooled ones not counted. */
  heldByOrigin(): number | Promise<number>;
  /**
   * The same count, seen without the event loop having to turn: by a system call, or through memory shared with the
   * thread of the origin.
   */
  heldNow(): number;
  /** Bytes of bodies that the origin has sent so far. */
  sentByOrigin(): number;
  /** From now on the origin takes what it is asked, and does not answer. */
  hold(): void | Promise<void>;
  /** The next body of the object goes silent somewhere after its first byte and before its last, and stays open. */
  silence(object: ObjectName): void | Promise<void>;
  /** The next body of the object ends somewhere after its first byte and before its last. */
  cut(object: ObjectName): void | Promise<void>;
  /** The origin answers the next request for a body with another range of the same length, and says so. */
  answerAnotherRange(object: ObjectName): void | Promise<void>;
};

export type Capability = keyof Capabilities;

/** Every capability. A harness has each of them, or declares that it lacks it. */
export const CAPABILITIES = Object.keys({
  heldByOrigin: true,
  heldNow: true,
  sentByOrigin: true,
  hold: true,
  silence: true,
  cut: true,
  answerAnotherRange: true,
} satisfies Record<Capability, true>) as readonly Capability[];

/** One source in front of one store, made afresh for each test. */
export type SourceHarness = Partial<Capabilities> & {
  readonly source: Source;
  /** Puts an object of this size, under a key that no other object's key begins with. Its bytes follow from their offset. */
  put(options: { readonly size: number }): Promise<PlacedObject>;
  /** Puts another version in its place: the same size, other bytes, another ETag. */
  replace(object: ObjectName): Promise<void>;
  remove(object: ObjectName): Promise<void>;
  /** Slabs on loan for bodies now; always 0 where a source uses none. */
  takenSlabs(): number;
  /** Settles when `heldByOrigin()` is `count`. Without it the suite asks again and again. */
  untilHeldByOrigin?(count: number): Promise<void>;
  /** Ends all that the harness has started. */
  tearDown(): Promise<void>;
};

/** A harness that surely has these capabilities. */
export type HarnessWith<Needed extends Capability> = SourceHarness & Pick<Capabilities, Needed>;
