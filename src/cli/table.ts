// Rows for a person at a terminal, in columns.

/** Characters that would move a terminal's cursor or end a line. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/gu;

/** Lines of a table whose columns only ever widen, so that a list of any length is written page by page. */
export class Table {
  readonly #headings: readonly string[];
  /** The headings of columns of numbers, whose digits stand below each other. */
  readonly #numbers: ReadonlySet<string>;
  readonly #widths: number[];
  #begun = false;

  constructor(headings: readonly string[], numbers: readonly string[] = []) {
    this.#headings = headings;
    this.#numbers = new Set(numbers);
    this.#widths = headings.map((heading) => heading.length);
  }

  /** The text of these rows; the first one begins with the headings. */
  format(cells: readonly (readonly string[])[]): string {
    const rows = cells.map((row) => row.map(toVisible));
    if (!this.#begun) rows.unshift([...this.#headings]);
    this.#begun = true;
    for (const row of rows) row.forEach((cell, column) => this.#widen(column, cell));
    return rows.map((row) => this.#line(row)).join('');
  }

  #widen(column: number, cell: string): void {
    this.#widths[column] = Math.max(this.#widths[column] ?? 0, lengthOf(cell));
  }

  #line(row: readonly string[]): string {
    const cells = row.map((cell, column) => {
      const space = ' '.repeat((this.#widths[column] ?? 0) - lengthOf(cell));
      return this.#numbers.has(this.#headings[column] ?? '') ? space + cell : cell + space;
    });
    return `${cells.join('  ').trimEnd()}\n`;
  }
}

/** The text with nothing in it that a terminal would obey. */
export function toVisible(text: string): string {
  return text.replaceAll(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Characters, not UTF-16 units: an id in another script keeps its columns. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
