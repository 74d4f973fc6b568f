// What test/e2e/boundaries.test.ts holds the lint to: who may import whom.

export type ImportRow = {
  /** A file in the place that the boundary is around. */
  readonly at: string;
  readonly refused: readonly string[];
  readonly allowed: readonly string[];
};

const PACKAGES = ['node:fs', 'fast-xml-parser', './neighbour.ts'];

/** They import nothing. */
const CONTRACTS = [
  'source/source.ts',
  'flow/pace.ts',
  'bundle/bundles.ts',
  'catalog/catalog.ts',
  'access/access.ts',
  'ledger/ledger.ts',
];

export const IMPORT_ROWS: readonly ImportRow[] = [
  {
    at: 'src/errors.ts',
    refused: ['./http/range.ts', 'node:fs', 'kysely', './index.ts'],
    allowed: [],
  },
  ...CONTRACTS.map((contract) => ({
    at: `src/${contract}`,
    refused: ['../errors.ts', './neighbour.ts', '../http/range.ts', '../database/sqlite.ts', 'node:fs', 'kysely'],
    allowed: [],
  })),
  {
    at: 'src/limits/limits.ts',
    refused: ['../errors.ts', './neighbour.ts', '../flow/flow.ts', '../database/sqlite.ts', 'node:fs', 'kysely'],
    allowed: ['../flow/pace.ts'],
  },
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
    allowed: ['../errors.ts', '../clock.ts', 'kysely', ...PACKAGES],
  },
  {
    at: 'src/database/migrations/probe.ts',
    refused: ['../../catalog/catalog.ts', '../../http/range.ts', '../../../bin/sluice.js', 'sluice'],
    allowed: ['../../errors.ts', '../../clock.ts', '../column-types.ts', 'kysely', ...PACKAGES],
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
    allowed: ['../errors.ts', '../clock.ts', '../database/sqlite.ts', ...PACKAGES],
  },
  {
    at: 'src/ledger/probe.ts',
    refused: ['../access/access.ts', '../catalog/catalog.ts', '../limits/limits.ts', '../gateway/plan.ts', 'sluice'],
    allowed: ['../errors.ts', '../clock.ts', '../database/sqlite.ts', ...PACKAGES],
  },
  {
    at: 'src/limits/probe.ts',
    refused: [
      '../access/access.ts',
      '../catalog/catalog.ts',
      '../ledger/ledger.ts',
      '../flow/flow.ts',
      '../gateway/plan.ts',
      'sluice',
    ],
    allowed: ['../errors.ts', '../clock.ts', '../database/schema.ts', '../flow/pace.ts', ...PACKAGES],
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
      '../catalog/database-catalog.ts',
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
      '../bundle/database-bundles.ts',
      '../source/memory.ts',
      '../wire/slab-pool.ts',
      '../kernel/tcp.ts',
      '../catalog/database-catalog.ts',
      '../access/public.ts',
      '../ledger/log-ledger.ts',
      '../limits/database-limits.ts',
      '../admin/direct-admin.ts',
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
      '../limits/limits.ts',
      '../admin/admin.ts',
      '../admin/schemas.ts',
      ...PACKAGES,
    ],
  },
  {
    at: 'src/admin/probe.ts',
    refused: [
      '../gateway/server.ts',
      '../source/s3.ts',
      '../http/range.ts',
      '../flow/flow.ts',
      '../cli/main.ts',
      'sluice',
    ],
    allowed: [
      '../errors.ts',
      '../clock.ts',
      '../database/schema.ts',
      '../access/token-store.ts',
      '../catalog/scan.ts',
      '../ledger/usage.ts',
      '../limits/quota-store.ts',
      '../source/source.ts',
      ...PACKAGES,
    ],
  },
  {
    at: 'src/admin/remote-probe.ts',
    refused: ['../access/token-store.ts', '../database/schema.ts', '../clock.ts', './direct-admin.ts', 'sluice'],
    allowed: ['../errors.ts', './admin.ts', './schemas.ts', 'typebox', 'node:fs'],
  },
  ...['admin.ts', 'schemas.ts'].map((contract) => ({
    at: `src/admin/${contract}`,
    refused: ['../errors.ts', './direct-admin.ts', './neighbour.ts', '../catalog/catalog.ts', 'node:fs', 'kysely'],
    allowed: ['./schemas.ts', 'typebox'],
  })),
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
