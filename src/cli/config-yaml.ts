// YAML that remembers its lines: the plain value, and on which line each key of it stands.
// It words the parser's complaints itself, since the parser quotes the text, and a secret may stand there.
import { isAlias, isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, ErrorCode, Node, Pair } from 'yaml';

/** The keys from the top of the file down to a value. */
export type ConfigKeys = readonly string[];

/** A mistake somewhere in the file. The text is what follows the line and the keys. */
export type Mistake = { readonly line: number; readonly keys: ConfigKeys; readonly text: string };

export type ConfigYaml = {
  /** What the file says; `undefined` when it says nothing or cannot be read. */
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  /** The line, from 1, of the key; of the nearest key above it that is written, when it is not. */
  readonly lineOf: (keys: ConfigKeys) => number;
};

const ERROR_TEXTS = {
  ALIAS_PROPS: 'got an alias with a tag or an anchor, want the alias alone',
  BAD_ALIAS: 'got an alias that no anchor stands for, want a value, in quotes if it begins with *',
  BAD_COLLECTION_TYPE: 'got a tag that does not fit its collection, want no tag',
  BAD_DIRECTIVE: 'got an unknown directive, want none, or a value in quotes if it begins with %',
  BAD_DQ_ESCAPE: 'got an unknown escape after a backslash in double quotes, want \\\\ or a text in single quotes',
  BAD_INDENT:
    'got the wrong indentation or an open bracket, want the keys of a map below each other, and each [ or { closed',
  BAD_PROP_ORDER: 'got a tag or an anchor in the wrong place, want none',
  BAD_SCALAR_START: 'got a value that begins with a reserved character, want it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'got keys that are indented below a value, want one "key: value" on a line',
  BLOCK_IN_FLOW: 'got an indented map or list inside { } or [ ], want { key: value }',
  DUPLICATE_KEY: 'got a key a second time, want it once',
  IMPOSSIBLE: 'got something that is no YAML, want "key: value"',
  KEY_OVER_1024_CHARS: 'got a key of over 1024 characters, want a key of this file',
  MISSING_CHAR: 'got something unfinished, want the missing quote, bracket, comma, space or colon',
  MULTILINE_IMPLICIT_KEY: 'got a key over several lines, want one "key: value" on a line',
  MULTIPLE_ANCHORS: 'got several anchors on one value, want one at most',
  MULTIPLE_DOCS: 'got a second document after ---, want one',
  MULTIPLE_TAGS: 'got several tags on one value, want none',
  NON_STRING_KEY: 'got a key that is no text, want a key of this file',
  RESOURCE_EXHAUSTION: 'got maps within maps without end, want the keys of this file',
  TAB_AS_INDENT: 'got a tab as indentation, want spaces',
  TAG_RESOLVE_FAILED: 'got an unknown tag, want none, or a value in quotes if it begins with !',
  UNEXPECTED_TOKEN: 'got something unexpected, want "key: value", with a value in quotes if it has special characters',
} satisfies Record<ErrorCode, string>;

/** Reads the text of a configuration file. It never throws: what is wrong with it is among the mistakes. */
export function parseConfigYaml(text: string): ConfigYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line);
  // A tag that is not known is only a warning to the parser; here it would become a value that nobody wrote.
  const complaints = [...document.errors, ...document.warnings].map((error) => ({
    line: lineAt(error.pos[0]),
    keys: [],
    text: ERROR_TEXTS[error.code],
  }));
  // One slip makes the parser stumble several times: the first complaint of a line is the one that helps.
  const mistakes: Mistake[] = [...new Map(complaints.toReversed().map((one) => [one.line, one])).values()];
  if (mistakes.length > 0) return { value: undefined, mistakes, lineOf: () => 1 };
  mistakes.push(...danglingAliases(document, lineAt), ...repeatedKeys(document, lineAt));
  return {
    value: toValue(document, mistakes),
    mistakes,
    lineOf: (keys) => lineAt(offsetOf(document, keys)),
  };
}

function toValue(document: Document, mistakes: Mistake[]): unknown {
  try {
    return document.toJS() ?? undefined;
  } catch {
    // What is left once every alias has its anchor: aliases of aliases of aliases, which would fill the memory.
    const text = 'got too many aliases, want the values themselves';
    if (mistakes.length === 0) mistakes.push({ line: 1, keys: [], text });
    return undefined;
  }
}

function danglingAliases(document: Document, lineAt: (offset: number) => number): Mistake[] {
  const found: Mistake[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document)) return;
      found.push({ line: lineAt(alias.range?.[0] ?? 0), keys: [], text: ERROR_TEXTS.BAD_ALIAS });
    },
  });
  return found;
}

function repeatedKeys(document: Document, lineAt: (offset: number) => number): Mistake[] {
  const found: Mistake[] = [];
  visit(document, {
    Map: (_key, map, ancestors) => {
      const seen = new Set<string>();
      for (const pair of map.items) {
        const name = keyOf(pair);
        if (seen.has(name)) {
          const above = ancestors.filter((node) => isPairNode(node)).map(keyOf);
          found.push({
            line: lineAt(startOf(pair)),
            keys: [...above, name],
            text: 'got it a second time, want it once',
          });
        }
        seen.add(name);
      }
    },
  });
  return found;
}

function isPairNode(node: unknown): node is Pair {
  return typeof node === 'object' && node !== null && 'key' in node && 'value' in node;
}

function keyOf(pair: Pair): string {
  const key = isScalar(pair.key) ? pair.key.value : pair.key;
  return typeof key === 'string' ? key : key === null ? '' : JSON.stringify(key);
}

function startOf(pair: Pair): number {
  return (pair.key as Node | null)?.range?.[0] ?? (pair.value as Node | null)?.range?.[0] ?? 0;
}

function offsetOf(document: Document, keys: ConfigKeys): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  for (const key of keys) {
    const map = isAlias(node) ? node.resolve(document) : node;
    if (!isMap(map)) break;
    // The last of several pairs with one key is the one that counts, as in the value.
    const pair = map.items.findLast((item) => keyOf(item) === key);
    if (!pair) break;
    offset = startOf(pair);
    node = pair.value;
  }
  return offset;
}
