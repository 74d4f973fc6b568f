// One suite over one server, in a process of its own: how many of its tests passed, and what there is to read if not
// all of them did.
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { GIVEN_VARIABLE } from './given-server.ts';
import type { Given } from './given-server.ts';

export type Suite = { readonly file: string; readonly title: string };

/** The quick ones first. */
export const SUITES: readonly Suite[] = [
  { file: 'source-contract.ts', title: 'the source contract' },
  { file: 'listing.ts', title: 'listing and scan' },
  { file: 'gateway.ts', title: 'the gateway' },
  { file: 'objects.ts', title: 'large objects' },
];

export type SuiteResult = { readonly passed: number; readonly failed: number; readonly report: string };

/** What takes longer hangs. */
const GUARD_MS = 15 * 60_000;

export async function runSuite({ file }: Suite, given: Given, signal: AbortSignal): Promise<SuiteResult> {
  const events = run({
    files: [join(import.meta.dirname, 'suites', file)],
    execArgv: process.execArgv,
    env: { ...process.env, [GIVEN_VARIABLE]: JSON.stringify(given) },
    timeout: GUARD_MS,
    signal,
  });
  let passed = 0;
  let failed = 0;
  events.on('test:pass', ({ details }) => {
    if (details.type !== 'suite') passed += 1;
  });
  events.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') failed += 1;
  });
  let report = '';
  for await (const text of events.compose(spec)) report += String(text);
  signal.throwIfAborted();
  return { passed, failed, report };
}
