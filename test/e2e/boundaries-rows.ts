// What test/e2e/boundaries.test.ts holds the lint to: who may import whom, and a file that breaks each other rule.

export type ImportRow = {
  /** A file in the place that the boundary is around. */
  readonly at: string;
  readonly refused: readonly string[];
  readonly allowed: readonly string[];
};

const PACKAGES = ['node:fs', 'fast-xml-parser', './neighbour.ts'];

export const IMPORT_ROWS: readonly ImportRow[] = [
  {
    at: 'src/errors.ts',
    refused: ['./http/range.ts', 'node:fs', 'kysely', './index.ts'],
    allowed: [],
  },
  ...['source/source.ts', 'bundle/bundles.ts', 'catalog/catalog.ts', 'access/access.ts', 'ledger/ledger.ts'].map(
    (contract) => ({
      at: `src/${contract}`,
      refused: ['../errors.ts', './neighbour.ts', '../http/range.ts', '../database/sqlite.ts', 'node:fs', 'kysely'],
      allowed: [],
    }),
  ),
  {
    at: 'src/index.ts',
    refused: ['./cli/main.ts', './lab/origin/origin.ts', './testing/index.ts', 'sluice'],
    allowed: ['./errors.ts', './gateway/send-object.ts', './source/s3.ts', './wire/slab-pool.ts'],
  },
  {
    at: 'src/http/probe.ts',
    refused: ['../wire/client.ts', '../source/source.ts', '../index.ts', '../cli/main.ts', 'sluice', 'sluice/testing'],
    allowed: ['../errors.ts', ...PACKAGES],
  },
  {
    at: 'src/database/probe.ts',
    refused: ['../catalog/catalog.ts', '../http/range.ts', '../source/source.ts', 'sluice'],
    allowed: ['../errors.ts', 'kysely', ...PACKAGES],
  },
  {
    at: 'src/wire/probe.ts',
    refused: ['../source/source.ts', '../flow/flow.ts', '../index.ts', '../httpx/a.ts', 'sluice'],
    allowed: ['../errors.ts', '../clock.ts', '../http/range.ts', ...PACKAGES],
  },
  {
    at: 'src/kernel/probe.ts',
    refused: ['../flow/flow.ts', '../wire/connection.ts', '../http/range.ts', '../clock.ts', '../index.ts', 'sluice'],
    allowed: ['../errors.ts', 'node:ffi', ...PACKAGES],
  },
  {
    at: 'src/source/probe.ts',
    refused: [
      '../flow/flow.ts',
      '../kernel/tcp.ts',
      '../catalog/catalog.ts',
      '../gateway/plan.ts',
      '../testing/pattern.ts',
      'sluice',
    ],
    allowed: ['../errors.ts', '../clock.ts', '../http/etag.ts', '../wire/client.ts', ...PACKAGES],
  },
  {
    at: 'src/flow/probe.ts',
    refused: ['../source/s3.ts', '../source/memory.ts', '../wire/slab-pool.ts', '../gateway/plan.ts', 'sluice'],
    allowed: [
      '../errors.ts',
      '../clock.ts',
      '../http/range.ts',
      '../source/source.ts',
      '../kernel/tcp.ts',
      ...PACKAGES,
    ],
  },
  {
    at: 'src/access/probe.ts',
    refused: ['../catalog/catalog.ts', '../ledger/ledger.ts', '../http/range.ts', '../source/source.ts', 'sluice'],
    allowed: ['../errors.ts', '../database/sqlite.ts', ...PACKAGES],
  },
  {
    at: 'src/ledger/probe.ts',
    refused: ['../access/access.ts', '../catalog/catalog.ts', '../gateway/plan.ts', 'sluice'],
    allowed: ['../errors.ts', '../database/sqlite.ts', ...PACKAGES],
  },
  {
    at: 'src/catalog/probe.ts',
    refused: ['../source/s3.ts', '../access/access.ts', '../http/range.ts', '../gateway/plan.ts', 'sluice'],
    allowed: ['../errors.ts', '../database/schema.ts', '../source/source.ts', ...PACKAGES],
  },
  {
    at: 'src/bundle/probe.ts',
    refused: [
      '../source/s3.ts',
      '../source/pulled-body.ts',
      '../catalog/sqlite-catalog.ts',
      '../flow/sequence.ts',
      '../access/access.ts',
      '../gateway/plan.ts',
      'sluice',
    ],
    allowed: [
      '../errors.ts',
      '../clock.ts',
      '../http/range.ts',
      '../database/sqlite.ts',
      '../source/source.ts',
      '../catalog/catalog.ts',
      ...PACKAGES,
    ],
  },
  {
    at: 'src/gateway/probe.ts',
    refused: [
      '../source/s3.ts',
      '../bundle/bundle-source.ts',
      '../bundle/sqlite-bundles.ts',
      '../source/memory.ts',
      '../wire/slab-pool.ts',
      '../kernel/tcp.ts',
      '../catalog/sqlite-catalog.ts',
      '../access/public.ts',
      '../ledger/log-ledger.ts',
      '../database/sqlite.ts',
      '../lab/origin/origin.ts',
      '../cli/main.ts',
      '../index.ts',
      'sluice',
    ],
    allowed: [
      '../errors.ts',
      '../clock.ts',
      '../http/range.ts',
      '../flow/flow.ts',
      '../source/source.ts',
      '../bundle/bundles.ts',
      '../catalog/catalog.ts',
      '../catalog/object-id.ts',
      '../access/access.ts',
      '../ledger/ledger.ts',
      ...PACKAGES,
    ],
  },
  {
    at: 'src/lab/probe.ts',
    refused: ['../wire/client.ts', '../source/s3.ts', '../gateway/server.ts', '../index.ts', 'sluice'],
    allowed: ['../errors.ts', '../http/range.ts', './origin/origin.ts', ...PACKAGES],
  },
  {
    at: 'src/lab/origin/probe.ts',
    refused: ['../../wire/client.ts', '../../source/source.ts', '../../index.ts', '../../../bin/sluice.js', 'sluice'],
    allowed: ['../../errors.ts', '../../http/range.ts', '../neighbour.ts', ...PACKAGES],
  },
  {
    at: 'src/testing/probe.ts',
    refused: ['../source/s3.ts', '../wire/slab-pool.ts', '../http/range.ts', '../flow/flow.ts', 'sluice'],
    allowed: ['../errors.ts', '../source/source.ts', 'fast-check', ...PACKAGES],
  },
  {
    at: 'src/cli/probe.ts',
    refused: ['sluice', 'sluice/testing'],
    allowed: ['../gateway/server.ts', '../lab/origin/origin.ts', '../source/s3.ts', ...PACKAGES],
  },
  // What is only for tests may reach for whatever they need.
  { at: 'src/flow/probe.test.ts', refused: [], allowed: ['../source/memory.ts', '../testing/pattern.ts'] },
  { at: 'src/gateway/probe.test-double.ts', refused: [], allowed: ['../source/memory.ts', '../access/public.ts'] },
  { at: 'examples/probe.ts', refused: [], allowed: ['sluice', 'express'] },
];

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
