// The suite held to itself: an honest store passes all of it, each faulty one is caught by the test of the sentence that
// it breaks, and every sentence of the contract has its test and its fault.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { FAULTS } from './faults.ts';
import { ModelStore } from './model-store.ts';
import { describeSourceContract, SOURCE_CONTRACT_TESTS } from './source-contract.ts';

describeSourceContract('the model store', async () => new ModelStore());

/** Short: what a fault keeps from happening never happens, and is not waited for. */
const FAULTY_TIMES = { guardMs: 400, quietMs: 10 };

/** Runs the tests whose full names contain `only` over a faulty store, in a process of its own; gives what failed. */
async function failuresOf(fault: string, only: string): Promise<readonly string[]> {
  const script = `
    import { describeSourceContract } from ${JSON.stringify(import.meta.resolve('./source-contract.ts'))};
    import { FAULTS } from ${JSON.stringify(import.meta.resolve('./faults.ts'))};
    const { create } = FAULTS[${JSON.stringify(fault)}];
    describeSourceContract('the store', async () => create(), ${JSON.stringify(FAULTY_TIMES)});
  `;
  const pattern = `--test-name-pattern=${RegExp.escape(only)}`;
  const args = ['--conditions=source', '--test-reporter=tap', pattern, '--input-type=module', '--eval', script];
  const report = await new Promise<string>((resolve) => {
    // An empty environment, so that the child reports to us and not to the runner of this file.
    execFile(process.execPath, args, { env: {}, timeout: 60_000 }, (_error, stdout) => resolve(stdout));
  });
  assert.match(report, /^# fail \d+/m, `the child did not come to its end:\n${report}`);
  return [...report.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, title]) => title!.replaceAll('\\', ''));
}

describe('each fault is caught by the test of the sentence that it breaks', { concurrency: 2 }, () => {
  for (const [name, { must, when = must }] of Object.entries(FAULTS)) {
    test(`${name}: ${must}`, async () => {
      const failures = await failuresOf(name, when === must ? must : `${must} ${when}`);
      assert.ok(
        failures.some((title) => title.startsWith(when)),
        `the suite has not caught it: ${failures.join(', ')}`,
      );
    });
  }
});

test('every sentence of the suite has a fault that breaks it', () => {
  const broken = new Set(Object.values(FAULTS).map(({ member, must }) => `${member}: ${must}`));
  const held = new Set(SOURCE_CONTRACT_TESTS.map(({ member, must }) => `${member}: ${must}`));
  assert.deepEqual([...broken].toSorted(), [...held].toSorted());
});

/** The sentences with a MUST in the comments of the contract. */
function sentencesOfContract(): readonly string[] {
  const contract = readFileSync(new URL('../source/source.ts', import.meta.url), 'utf8');
  const comments = [...contract.matchAll(/\/\*\*([^]*?)\*\//g)].map(([, comment]) =>
    comment!.replaceAll(/\s*\n\s*\* ?/g, ' '),
  );
  const sentences = comments.flatMap((comment) => comment.trim().split(/(?<=[.:]) (?=[A-Z])/));
  return sentences.filter((sentence) => /\bMUST\b/.test(sentence)).map((sentence) => sentence.trim());
}

test('every MUST of the contract is a test with the same words', () => {
  const held = new Set(SOURCE_CONTRACT_TESTS.map(({ must }) => must));
  const sentences = sentencesOfContract();
  assert.ok(sentences.length > 15);
  assert.deepEqual(
    sentences.filter((sentence) => !held.has(sentence)),
    [],
  );
});
