// What test/e2e/boundaries.test.ts holds the lint to, beside imports: a file that breaks each rule.

export type RuleRow = {
  /** As the configuration names it. */
  readonly rule: string;
  readonly refused: string;
  readonly accepted: string;
  /** Where the rule is off, so that what is refused elsewhere is accepted. */
  readonly offAt?: readonly string[];
};

const lines = (count: number) => 'export {};\n'.repeat(count);
const OF_PROGRAMS = ['src/cli/probe.ts', 'bench/probe.ts', 'test/probe.ts', 'examples/probe.ts', 'src/probe.test.ts'];

export const RULE_ROWS: readonly RuleRow[] = [
  { rule: 'max-lines', refused: lines(301), accepted: lines(300) },
  {
    rule: 'max-params',
    refused: 'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1) => [a, b, c, d, e];\n',
    accepted: 'export const f = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d];\n',
  },
  {
    rule: 'eqeqeq',
    refused: 'export const f = (a: unknown) => a == 1;\n',
    accepted: 'export const f = (a: unknown) => a === 1;\n',
  },
  {
    rule: 'no-console',
    refused: "console.log('x');\nexport {};\n",
    accepted: "process.stdout.write('x');\nexport {};\n",
    offAt: OF_PROGRAMS,
  },
  {
    rule: 'typescript/no-explicit-any',
    refused: 'export const f = (a: any) => [a];\n',
    accepted: 'export const f = (a: unknown) => [a];\n',
  },
  {
    rule: 'typescript/no-floating-promises',
    refused: 'export const f = (work: () => Promise<void>) => {\n  work();\n};\n',
    accepted: 'export const f = async (work: () => Promise<void>) => {\n  await work();\n};\n',
  },
  {
    rule: 'typescript/no-misused-promises',
    refused: 'export const f = (work: () => Promise<void>) => (work() ? 1 : 2);\n',
    accepted: 'export const f = async (work: () => Promise<boolean>) => ((await work()) ? 1 : 2);\n',
  },
  {
    rule: 'typescript/consistent-type-imports',
    refused: "import { Stats } from 'node:fs';\nexport type Held = Stats;\n",
    accepted: "import type { Stats } from 'node:fs';\nexport type Held = Stats;\n",
  },
  {
    rule: 'typescript/ban-ts-comment',
    refused: '// @ts-ignore: why not\nexport const f = (a: string) => a.length;\n',
    accepted: '// why not\nexport const f = (a: string) => a.length;\n',
  },
  {
    rule: 'import/no-cycle',
    refused: "import { rule } from './cycle.ts';\nexport const probe = () => rule;\n",
    accepted: "import { end } from './end.ts';\nexport const probe = () => end;\n",
  },
  {
    rule: 'node/no-process-env',
    refused: "export const home = process.env['HOME'];\n",
    accepted: 'export const pid = process.pid;\n',
    offAt: OF_PROGRAMS,
  },
  {
    rule: 'unicorn/no-process-exit',
    refused: 'export const f = () => process.exit(1);\n',
    accepted: 'export const f = () => (process.exitCode = 1);\n',
    offAt: OF_PROGRAMS,
  },
];
