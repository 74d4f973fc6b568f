// What comes first, of things that come and go: a binary heap that knows where in it each thing is, so that any of them
// can leave it as quickly as it came.

/** Each thing is in it once at most. What decides the order must not change while it is. */
export class PriorityQueue<Item> {
  readonly #isBefore: (one: Item, other: Item) => boolean;
  readonly #items: Item[] = [];
  readonly #places = new Map<Item, number>();

  constructor(isBefore: (one: Item, other: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): Item | undefined {
    return this.#items[0];
  }

  /** In no particular order. */
  get items(): readonly Item[] {
    return this.#items;
  }

  add(item: Item): void {
    this.#put(item, this.#items.length);
    this.#rise(this.#items.length - 1);
  }

  /** Whether it was there. */
  remove(item: Item): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    this.#places.delete(item);
    const last = this.#items.pop()!;
    if (last === item) return true;
    this.#put(last, place);
    this.#rise(place);
    this.#sink(place);
    return true;
  }

  #put(item: Item, place: number): void {
    this.#items[place] = item;
    this.#places.set(item, place);
  }

  #swap(place: number, other: number): void {
    const item = this.#items[place]!;
    this.#put(this.#items[other]!, place);
    this.#put(item, other);
  }

  #rise(place: number): void {
    for (let at = place; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(this.#items[at]!, this.#items[parent]!)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(place: number): void {
    for (let at = place; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.size && this.#isBefore(this.#items[child]!, this.#items[least]!)) least = child;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }
}
