// Whose turn it is, of all streams that want bytes just now, and when.
//
// It is start-time fair queueing (Goyal, Vin, Cheng, SIGCOMM 1996), twice: in each lane, and among lanes. Who has had the
// fewest bytes comes first, counted since it last came, so that a newcomer has its share at once and nobody saves any up.
// A lane whose bucket lacks bytes pauses; of those that are ready the one goes whose first stream has had the fewest of
// all. Each step takes no longer than one of a heap, and one alarm wakes whoever is next.
import type { Clock } from '../clock.ts';
import type { Lane, Rider, Tags, Waiter } from './lane.ts';
import { PriorityQueue } from './priority-queue.ts';
import type { TokenBucket } from './token-bucket.ts';

export class Turns {
  readonly #clock: Clock;
  readonly #whole: TokenBucket | undefined;
  /** Lanes with a line, whose buckets have what their first wants. */
  readonly #ready = new PriorityQueue<Lane>((one, other) => one.line.first!.from.whole < other.line.first!.from.whole);
  /** Lanes with a line, whose buckets do not. */
  readonly #pausing = new PriorityQueue<Lane>((one, other) => one.readyAtMs < other.readyAtMs);
  #servedTag = 0;
  #order = 0;
  #alarm: { readonly atMs: number; readonly callOff: () => void } | undefined;

  /** `whole` is what all lanes spend from besides their own. */
  constructor(clock: Clock, whole: TokenBucket | undefined) {
    this.#clock = clock;
    this.#whole = whole;
  }

  /** How many of `bytes` it may have at once; 0 where it must wait. */
  takeNow(lane: Lane, rider: Rider, bytes: number): number {
    const now = this.#clock.now();
    rider.askedAtMs = now;
    if (this.#pausing.size > 0) this.#serve(now);
    const slice = this.#toSlice(lane, bytes);
    if (lane.line.size > 0 || this.#ready.size > 0 || this.#waitMs(slice, now) > 0) return 0;
    if ((lane.bucket?.waitMs(slice, now) ?? 0) > 0) return 0;
    this.#spend(lane, { rider, from: this.#toTags(lane, rider), slice });
    return slice;
  }

  /** Stands in line for its turn, when `grant` is called with how many of `bytes` it may have. */
  wait(lane: Lane, wanted: Pick<Waiter, 'rider' | 'bytes' | 'grant'>): Waiter {
    const waiter = { ...wanted, from: this.#toTags(lane, wanted.rider), order: (this.#order += 1) };
    waiter.rider.isWaiting = true;
    this.#change(lane, () => lane.line.add(waiter));
    return waiter;
  }

  /** Whoever has had its turn is no longer in line, and nothing happens. */
  giveUp(lane: Lane, waiter: Waiter): void {
    waiter.rider.isWaiting = false;
    this.#change(lane, () => lane.line.remove(waiter));
  }

  /** To be called when a bucket brings more or less than it did: a lane's, or that of all. */
  rateChanged(lane?: Lane): void {
    if (lane) this.#change(lane, () => {});
    else this.#serve(this.#clock.now());
  }

  #toTags(lane: Lane, { tags }: Rider): Tags {
    return { lane: Math.max(lane.servedTag, tags.lane), whole: Math.max(this.#servedTag, tags.whole) };
  }

  #toSlice(lane: Lane, bytes: number): number {
    return Math.min(bytes, lane.bucket?.sliceBytes ?? bytes, this.#whole?.sliceBytes ?? bytes);
  }

  #waitMs(slice: number, now: number): number {
    return this.#whole?.waitMs(slice, now) ?? 0;
  }

  #spend(lane: Lane, { rider, from, slice }: Pick<Waiter, 'rider' | 'from'> & { readonly slice: number }): void {
    lane.bucket?.spend(slice);
    this.#whole?.spend(slice);
    lane.servedTag = Math.max(lane.servedTag, from.lane);
    this.#servedTag = Math.max(this.#servedTag, from.whole);
    rider.tags = { lane: from.lane + slice, whole: from.whole + slice };
  }

  /** What decides a lane's place may change only while it has none. */
  #change(lane: Lane, change: () => void): void {
    this.#ready.remove(lane);
    this.#pausing.remove(lane);
    change();
    const now = this.#clock.now();
    this.#place(lane, now);
    this.#serve(now);
  }

  #place(lane: Lane, now: number): void {
    const { first } = lane.line;
    if (!first) return;
    const waitMs = lane.bucket?.waitMs(this.#toSlice(lane, first.bytes), now) ?? 0;
    lane.readyAtMs = now + waitMs;
    (waitMs > 0 ? this.#pausing : this.#ready).add(lane);
  }

  /** Lets go whoever's turn has come, and sets the alarm for who is next. */
  #serve(now: number): void {
    for (let lane = this.#pausing.first; lane && lane.readyAtMs <= now; lane = this.#pausing.first) {
      this.#pausing.remove(lane);
      this.#place(lane, now);
    }
    let nextMs = this.#pausing.first?.readyAtMs ?? Infinity;
    for (let lane = this.#ready.first; lane; lane = this.#ready.first) {
      const waiter = lane.line.first!;
      const slice = this.#toSlice(lane, waiter.bytes);
      const waitMs = this.#waitMs(slice, now);
      if (waitMs > 0) {
        nextMs = Math.min(nextMs, now + waitMs);
        break;
      }
      this.#ready.remove(lane);
      // The whole's slices may have grown since it was ready for one.
      if ((lane.bucket?.waitMs(slice, now) ?? 0) > 0) {
        this.#place(lane, now);
        nextMs = Math.min(nextMs, lane.readyAtMs);
        continue;
      }
      lane.line.remove(waiter);
      this.#spend(lane, { ...waiter, slice });
      this.#place(lane, now);
      nextMs = Math.min(nextMs, this.#pausing.first?.readyAtMs ?? Infinity);
      waiter.rider.isWaiting = false;
      waiter.grant(slice);
    }
    this.#wakeAt(nextMs, now);
  }

  /** To wake too early costs one look; nobody waits, and there is no alarm. */
  #wakeAt(atMs: number, now: number): void {
    if (this.#alarm && this.#alarm.atMs <= atMs && atMs < Infinity) return;
    this.#alarm?.callOff();
    this.#alarm = undefined;
    if (atMs === Infinity) return;
    const onAlarm = () => {
      this.#alarm = undefined;
      this.#serve(this.#clock.now());
    };
    this.#alarm = { atMs, callOff: this.#clock.after(atMs - now, onAlarm) };
  }
}
