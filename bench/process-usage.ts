// What a process has used so far, from Linux's /proc: CPU time and the most memory it ever had. Children count as
// part of it, so that a master and its worker, or a launcher and what it launched, are one.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

/** USER_HZ: the unit of /proc's times, 100 on every architecture that Linux still runs Node on (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

export type CpuTime = { readonly userSeconds: number; readonly systemSeconds: number };

export function readCpuTime(pid: number): CpuTime {
  const times = listProcesses(pid).map((each) => parseCpuTime(readFileSync(`/proc/${each}/stat`, 'utf8')));
  return {
    userSeconds: sum(times.map(({ userSeconds }) => userSeconds)),
    systemSeconds: sum(times.map(({ systemSeconds }) => systemSeconds)),
  };
}

/** Since each process began, or since `forgetPeakRss`. */
export function readPeakRssBytes(pid: number): number {
  return readStatus(pid, parsePeakRssBytes);
}

/** Now. */
export function readRssBytes(pid: number): number {
  return readStatus(pid, parseRssBytes);
}

/** The most memory there ever was is from now on the most since now. */
export function forgetPeakRss(pid: number): void {
  // "5" is the one of clear_refs' words that does just this (proc_pid_clear_refs(5)).
  for (const each of listProcesses(pid)) writeFileSync(`/proc/${each}/clear_refs`, '5');
}

/** Files, sockets and whatever else has a descriptor. */
export function countOpenFiles(pid: number): number {
  return sum(listProcesses(pid).map((each) => readdirSync(`/proc/${each}/fd`).length));
}

/** The times in the text of /proc/PID/stat. */
export function parseCpuTime(stat: string): CpuTime {
  // The second field is the program's name in brackets, and may have spaces and brackets in it. utime and stime are
  // the 14th and 15th.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  if (!Number.isFinite(user) || !Number.isFinite(system)) throw new Error(`want /proc/PID/stat, got ${stat}`);
  return { userSeconds: user! / TICKS_PER_SECOND, systemSeconds: system! / TICKS_PER_SECOND };
}

/** The high-water mark in the text of /proc/PID/status. */
export function parsePeakRssBytes(status: string): number {
  return parseBytes('VmHWM', status);
}

/** The resident memory in the text of /proc/PID/status. */
export function parseRssBytes(status: string): number {
  return parseBytes('VmRSS', status);
}

function parseBytes(name: string, status: string): number {
  const kibibytes = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`want a line ${name} in /proc/PID/status, got none`);
  return Number(kibibytes) * 1024;
}

function readStatus(pid: number, parse: (status: string) => number): number {
  return sum(listProcesses(pid).map((each) => parse(readFileSync(`/proc/${each}/status`, 'utf8'))));
}

/** The process and all that came from it. */
function listProcesses(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  if (children === '') return [pid];
  return [pid, ...children.split(' ').flatMap((child) => listProcesses(Number(child)))];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
