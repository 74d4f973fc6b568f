import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  countOpenFiles,
  forgetPeakRss,
  parseCpuTime,
  parsePeakRssBytes,
  parseRssBytes,
  readCpuTime,
  readPeakRssBytes,
  readRssBytes,
} from './process-usage.ts';

test('a name with spaces and brackets does not move the fields', () => {
  const stat = '42 (a) b (c)) S 1 42 42 0 -1 4194560 9 0 0 0 250 75 3 4 20 0 11 0 100 1 2 3';
  assert.deepEqual(parseCpuTime(stat), { userSeconds: 2.5, systemSeconds: 0.75 });
});

test('what is no stat is refused', () => {
  assert.throws(() => parseCpuTime('42 (node) S 1'), /want \/proc\/PID\/stat/);
});

test('memory is read in bytes, the peak and what there is', () => {
  const status = 'VmPeak:\t  9 kB\nVmHWM:\t   12 kB\nVmRSS:\t 5 kB\n';
  assert.equal(parsePeakRssBytes(status), 12_288);
  assert.equal(parseRssBytes(status), 5_120);
  assert.throws(() => parsePeakRssBytes('VmRSS:\t 5 kB\n'), /VmHWM/);
});

test(
  'a running process has used time and memory',
  { skip: process.platform !== 'linux' && 'only Linux has /proc' },
  () => {
    const { userSeconds, systemSeconds } = readCpuTime(process.pid);
    assert.ok(userSeconds + systemSeconds > 0);
    assert.ok(readPeakRssBytes(process.pid) >= process.memoryUsage().rss / 2);
  },
);

test(
  'a peak can be forgotten, and files that are open are counted',
  { skip: process.platform !== 'linux' && 'only Linux has /proc' },
  () => {
    let large: Buffer | undefined = Buffer.allocUnsafeSlow(256 << 20).fill(1);
    assert.ok(readPeakRssBytes(process.pid) >= large.length);
    assert.ok(readRssBytes(process.pid) > 0);
    large = undefined;
    forgetPeakRss(process.pid);
    assert.ok(readPeakRssBytes(process.pid) >= readRssBytes(process.pid) / 2);
    assert.ok(countOpenFiles(process.pid) > 3);
  },
);
