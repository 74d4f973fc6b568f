// A cursor over a field value. The grammars of this folder that repeat are read with it, one small pattern at a
// time, because a single pattern that repeats a repetition can take exponential time on a hostile value.

/** Reads a text from left to right. It never goes back. */
export class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** What `pattern` matches right here, and steps over it; `undefined`, and no step, if it doesn't. `pattern` is sticky. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text)?.[0];
    this.#at += match?.length ?? 0;
    return match;
  }
}
