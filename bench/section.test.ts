import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ready, Running } from './contenders.ts';
import { formatSection } from './report.ts';
import { runSection } from './section.ts';
import type { Workload } from './workload.ts';

/** The figures that each proxy gives, round by round. The second round is twice as slow for everybody. */
const FIGURES: Partial<Record<Running['name'], readonly number[]>> = { sluice: [1, 2, 1], nginx: [2, 4, 2] };

function toProxy(name: Running['name'], order: string[]): Ready {
  return {
    name,
    url: 'http://127.0.0.1/',
    start: async () => {
      order.push(`start ${name}`);
      return { pid: process.pid, stop: async () => void order.push(`stop ${name}`) };
    },
  };
}

function createWorkload(order: string[]): Workload {
  const rounds = new Map<string, number>();
  return {
    title: 'Work',
    notes: ['As hard as can be.'],
    metrics: [{ key: 'cost', heading: 'cost', digits: 1, compared: true }],
    targets: [
      { key: 'cost', to: 'nginx', bound: 'at most', ratio: 0.6 },
      { key: 'cost', to: 'nginx', bound: 'at least', ratio: 0.6 },
      { key: 'cost', to: 'haproxy', bound: 'at most', ratio: 1 },
    ],
    prepare: async ({ name }) => void order.push(`warm ${name}`),
    measure: async ({ name }) => {
      order.push(`measure ${name}`);
      const round = rounds.get(name) ?? 0;
      rounds.set(name, round + 1);
      return { cost: FIGURES[name]?.[round] ?? Number.NaN };
    },
  };
}

async function run(order: string[] = []) {
  const proxies = [toProxy('sluice', order), toProxy('nginx', order)];
  return runSection(createWorkload(order), proxies, { upstream: 'plain', rounds: 3, onProgress: () => {} });
}

test('proxies take turns, each of them started and warm', async () => {
  const order: string[] = [];
  await run(order);
  const round = ['sluice', 'nginx'].flatMap((name) =>
    ['start', 'warm', 'measure', 'stop'].map((step) => `${step} ${name}`),
  );
  assert.deepEqual(order, [...round, ...round, ...round]);
});

test('a proxy that fails is stopped', async () => {
  const order: string[] = [];
  const workload = { ...createWorkload(order), measure: () => Promise.reject(new Error('broken')) };
  const running = runSection(workload, [toProxy('nginx', order)], {
    upstream: 'plain',
    rounds: 1,
    onProgress: () => {},
  });
  await assert.rejects(running, /broken/);
  assert.deepEqual(order, ['start nginx', 'warm nginx', 'stop nginx']);
});

test('ratios are taken within a round, and only to the others', async () => {
  const [sluice, nginx] = (await run()).rows;
  assert.deepEqual(sluice?.sluiceToThis, {});
  assert.deepEqual(nginx?.sluiceToThis, { cost: { median: 0.5, min: 0.5, max: 0.5 } });
});

test('a target is met from its side, and one without its proxy is left out', async () => {
  const { verdicts } = await run();
  assert.deepEqual(
    verdicts.map(({ bound, got, met }) => [bound, got, met]),
    [
      ['at most', 0.5, true],
      ['at least', 0.5, false],
    ],
  );
});

test('the table has the figures, the ratios and the verdicts', async () => {
  const [title, note, headings, sluice, nginx, met, unmet] = formatSection(await run());
  assert.equal(title, 'Work; upstream plain; 3 rounds');
  assert.equal(note, 'As hard as can be.');
  assert.match(headings ?? '', /^proxy +cost +peak MiB +sluice÷ cost$/);
  assert.match(sluice ?? '', /^sluice +1\.0 \(1\.0–2\.0\) +\d+$/);
  assert.match(nginx ?? '', /^nginx +2\.0 \(2\.0–4\.0\) +\d+ +0\.50$/);
  assert.equal(met, 'target met: cost at most 0.6 × nginx, is 0.500 ×');
  assert.equal(unmet, 'target not met: cost at least 0.6 × nginx, is 0.500 ×');
});
