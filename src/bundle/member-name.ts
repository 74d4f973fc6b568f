// Names for the members of an archive that can be unpacked anywhere without harm: below the folder where that is done,
// and each into a file of its own, on any system. What a name cannot keep becomes `_`.

/** Never part of a name: controls, line and paragraph separators, bidirectional overrides, and what Windows forbids. */
const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\\:*?"<>|]/gu;

/** Windows takes them off, and `..` is only dots: what is left may be another name, or a way out. */
const TRAILING = /[. ]+$/;

/** Windows opens a device in place of a file with these names, whatever their extension (Naming Files, Microsoft). */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?: *\.| *$)/i;

/** NAME_MAX of Linux in bytes of UTF-8; of macOS and Windows in UTF-16 units, of which there are never more. */
const MAX_SEGMENT_BYTES = 255;

/** An extension longer than this is none. */
const MAX_EXTENSION_BYTES = 32;

/** The last of these goes with the extension before it: `reads.fastq.gz`. */
const EXTENSION = /(?<=.)(?:\.[^. ]{1,16})?\.(?:gz|bgz|bz2|xz|zst|lz4|lzma|z)$|(?<=.)\.[^. ]+$/i;

/**
 * A path that stays below the folder it is unpacked in: no root, no drive, no `.` or `..`, no empty segment, none that
 * Windows reads differently. A path that is safe already is left as it is.
 */
export function toSafeName(path: string): string {
  // The form that macOS takes for the same in any case. It comes first: it may put characters together.
  const segments = path.toWellFormed().normalize('NFC').split('/');
  const safe = segments.filter((segment) => segment !== '').map(toSafeSegment);
  return safe.length === 0 ? '_' : safe.join('/');
}

/**
 * A safe name for each path, in their order, all of them distinct: also where a system does not tell upper from lower
 * case, and where one is a folder of another's. Of those that clash the first keeps its name, the next are told apart
 * as `a (2).txt`; a file gives way to a folder. Names that this function gave are left as they are.
 */
export function nameMembers(paths: readonly string[]): readonly string[] {
  const wanted = paths.map(toSafeName);
  const taken = new Set<string>();
  for (const name of wanted) for (const folder of foldersOf(toKey(name))) taken.add(folder);
  /** How often a name was wanted so far, so that ten thousand of one name are no work of ten thousand squared. */
  const counts = new Map<string, number>();
  return wanted.map((name) => {
    let count = counts.get(toKey(name)) ?? 1;
    let candidate = count === 1 ? name : toNumbered(name, count);
    while (taken.has(toKey(candidate))) {
      count += 1;
      candidate = toNumbered(name, count);
    }
    counts.set(toKey(name), count + 1);
    taken.add(toKey(candidate));
    return candidate;
  });
}

function toSafeSegment(segment: string): string {
  const cleaned = fit(replaceTrailing(segment.replace(UNSAFE, '_')), '');
  return DEVICE.test(cleaned) ? fit(`_${cleaned}`, '') : cleaned;
}

/** As many characters as before: `..` is `__`. */
function replaceTrailing(segment: string): string {
  return segment.replace(TRAILING, (trailing) => '_'.repeat(trailing.length));
}

/** The segment with `mark` before its extension, as much of it as a file's name may be long. */
function fit(segment: string, mark: string): string {
  if (mark === '' && Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES) return segment;
  const found = EXTENSION.exec(segment)?.[0] ?? '';
  const extension = Buffer.byteLength(found) <= MAX_EXTENSION_BYTES ? found : '';
  const stem = segment.slice(0, segment.length - extension.length);
  const room = MAX_SEGMENT_BYTES - Buffer.byteLength(mark) - Buffer.byteLength(extension);
  return replaceTrailing(`${cut(stem, room)}${mark}${extension}`);
}

/** The first characters that fit into so many bytes of UTF-8. */
function cut(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

function toNumbered(name: string, count: number): string {
  const at = name.lastIndexOf('/') + 1;
  return name.slice(0, at) + fit(name.slice(at), ` (${count})`);
}

function foldersOf(name: string): readonly string[] {
  const folders: string[] = [];
  for (let at = name.indexOf('/'); at >= 0; at = name.indexOf('/', at + 1)) folders.push(name.slice(0, at));
  return folders;
}

/** The same for names that a system may take for one: by case in either direction, and by how accents are written. */
function toKey(name: string): string {
  return name.toLowerCase().toUpperCase().normalize('NFC');
}
