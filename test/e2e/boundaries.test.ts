// The lint's rules bite: for each of them a tiny file that breaks it is refused, and one that keeps it is not. A copy of
// the configuration is run over those files; a rule of the configuration without a row of its own fails too.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, matchesGlob } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { IMPORT_ROWS } from './boundaries-rows.ts';
import { RULE_ROWS } from './rule-rows.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IMPORTS_RULE = 'no-restricted-imports';

type Override = { readonly files: readonly string[]; readonly rules: Readonly<Record<string, unknown>> };
type Config = { readonly rules: Readonly<Record<string, unknown>>; readonly overrides: readonly Override[] };

/** One rule that is broken on one line. */
type Broken = { readonly rule: string; readonly line: number };
type Findings = ReadonlyMap<string, readonly Broken[]>;

type Report = {
  readonly diagnostics: readonly {
    readonly code?: string;
    readonly filename: string;
    readonly labels: readonly { readonly span: { readonly line: number } }[];
  }[];
};

const config = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')) as Config;

/** Every way to import a module. */
const IMPORTS: readonly ((from: string, name: string) => string)[] = [
  (from, name) => `import { ${name} } from '${from}';`,
  (from, name) => `import type { ${name} } from '${from}';`,
  (from, name) => `export { ${name} } from '${from}';`,
  (from, name) => `export type * as ${name} from '${from}';`,
  (from) => `import '${from}';`,
];

/** A line for each way to import each of these. */
function importAll(specifiers: readonly string[]): string {
  const lines = specifiers.flatMap((from, index) => IMPORTS.map((toLine, way) => toLine(from, `n${index}w${way}`)));
  return lines.map((line) => `${line}\n`).join('');
}

/** `eslint(max-lines)` of a report is `max-lines` of the configuration; `typescript(…)` is `typescript/…`. */
function toRuleName(code: string): string {
  const [, plugin = '', rule = ''] = /^(.*)\((.*)\)$/.exec(code) ?? [];
  return plugin === 'eslint' ? rule : `${plugin}/${rule}`;
}

/** Lays the files out beside a copy of the configuration, and gives what is broken in each of them. */
async function lint(folder: string, files: ReadonlyMap<string, string>): Promise<Findings> {
  for (const name of ['.oxlintrc.json', 'tsconfig.json']) copyFileSync(join(ROOT, name), join(folder, name));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [path, text] of files) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const report = await new Promise<string>((resolve) => {
    const options = { cwd: folder, maxBuffer: 64 << 20 };
    // It exits with 1 when it has found something, which here it must.
    execFile(join(ROOT, 'node_modules/.bin/oxlint'), ['--type-aware', '--format', 'json'], options, (_error, stdout) =>
      resolve(stdout),
    );
  });
  const found = new Map<string, Broken[]>();
  for (const { code = '', filename, labels } of (JSON.parse(report) as Report).diagnostics) {
    const list = found.get(filename) ?? [];
    list.push({ rule: toRuleName(code), line: labels[0]?.span.line ?? 0 });
    found.set(filename, list);
  }
  return found;
}

/** Each row of a rule has folders of its own, so that the names of its files can be those that the rule asks about. */
function layOutRules(): Map<string, string> {
  const files = new Map<string, string>();
  for (const [index, { refused, accepted, offAt = [] }] of RULE_ROWS.entries()) {
    files.set(`src/http/r${index}/refused.ts`, refused);
    files.set(`src/http/r${index}/accepted.ts`, accepted);
    for (const path of offAt) files.set(toOwn(path, index), refused);
    files.set(
      `src/http/r${index}/cycle.ts`,
      "import { probe } from './refused.ts';\nexport const rule = () => probe;\n",
    );
    files.set(`src/http/r${index}/end.ts`, 'export const end = 1;\n');
  }
  return files;
}

/** The same place, in a folder of the row's own. */
function toOwn(path: string, index: number): string {
  return join(dirname(path), `r${index}`, path.slice(path.lastIndexOf('/') + 1));
}

describe('the lint', { timeout: 120_000 }, () => {
  const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'sluice-lint-'))) as [string, string];
  let imports: Findings;
  let rules: Findings;
  before(async () => {
    const probes = IMPORT_ROWS.map(({ at, refused, allowed }) => [at, importAll([...refused, ...allowed])] as const);
    imports = await lint(folders[0], new Map(probes));
    rules = await lint(folders[1], layOutRules());
  });
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  for (const { at, refused, allowed } of IMPORT_ROWS) {
    it(`keeps ${at} within its boundary`, () => {
      const lines = new Set(
        (imports.get(at) ?? []).filter(({ rule }) => rule === IMPORTS_RULE).map(({ line }) => line),
      );
      const ways = IMPORTS.length;
      const isRefused = (index: number) => IMPORTS.map((_, way) => lines.has(index * ways + way + 1));
      for (const [index, from] of refused.entries()) {
        assert.deepEqual(isRefused(index), Array(ways).fill(true), `every way to import ${from} should be refused`);
      }
      for (const [index, from] of allowed.entries()) {
        const found = isRefused(refused.length + index);
        assert.deepEqual(found, Array(ways).fill(false), `no way to import ${from} should be refused`);
      }
    });
  }

  for (const [index, { rule, offAt = [] }] of RULE_ROWS.entries()) {
    it(`refuses what breaks ${rule}, and nothing that keeps it`, () => {
      const isBroken = (path: string) => (rules.get(path) ?? []).some((broken) => broken.rule === rule);
      assert.equal(isBroken(`src/http/r${index}/refused.ts`), true, 'what breaks it should be refused');
      assert.equal(isBroken(`src/http/r${index}/accepted.ts`), false, 'what keeps it should be accepted');
      for (const path of offAt) assert.equal(isBroken(toOwn(path, index)), false, `it should be off in ${path}`);
    });
  }

  it('has a row for every rule and every boundary of the configuration', () => {
    const named = Object.entries(config.rules).filter(([, setting]) => setting !== 'off');
    assert.deepEqual(named.map(([rule]) => rule).toSorted(), RULE_ROWS.map(({ rule }) => rule).toSorted());
    for (const { files, rules: overridden } of config.overrides) {
      if (!(IMPORTS_RULE in overridden)) continue;
      for (const glob of files) {
        assert.ok(
          IMPORT_ROWS.some(({ at, refused }) => refused.length > 0 && matchesGlob(at, glob)),
          `${glob} has no row`,
        );
      }
    }
  });
});
