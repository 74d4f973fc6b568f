// Rows for a spreadsheet (RFC 4180).

/** What a spreadsheet would take for a formula, were it the first character of a cell. */
const FORMULA = /^[=+\-@\t\r]/;

/** One line, with its end. A text that looks like a formula gets a quote before it; numbers are left as they are. */
export function toCsvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(toCell).join(',')}\r\n`;
}

function toCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
