// The programs of others that a run uses where they are installed, and what to say of those that are not.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type ToolName = 'curl' | 'haproxy' | 'nginx' | 'wrk';

export type Tool = { readonly path: string; readonly version: string };

export type Tools = ReadonlyMap<ToolName, Tool>;

type Wanted = { readonly name: ToolName; readonly versionFlag: string; readonly without: string };

const WANTED: readonly Wanted[] = [
  { name: 'nginx', versionFlag: '-v', without: 'no row for it, and the origin of Sluice’s own lab, slower, stands in' },
  { name: 'haproxy', versionFlag: '-v', without: 'no rows for it' },
  { name: 'curl', versionFlag: '--version', without: 'no whole downloads, no stream, no bundle' },
  { name: 'wrk', versionFlag: '-v', without: 'no 64 KiB ranges' },
];

/** Where servers are installed, which only root has in its PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function findTools(searchPath: string): Tools {
  const folders = [...searchPath.split(delimiter), ...SYSTEM_FOLDERS].filter((folder) => folder !== '');
  const found = new Map<ToolName, Tool>();
  for (const { name, versionFlag } of WANTED) {
    const path = folders.map((folder) => join(folder, name)).find(isExecutable);
    if (path !== undefined) found.set(name, { path, version: readVersion(path, versionFlag) });
  }
  return found;
}

/** A line for each program that is not there. */
export function describeMissing(tools: Tools): readonly string[] {
  return WANTED.filter(({ name }) => !tools.has(name)).map(
    ({ name, without }) => `${name} is not installed (Debian: apt install ${name}): ${without}`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Some say it on stderr, and wrk fails when it has said it. */
function readVersion(path: string, flag: string): string {
  const text = execFileSync('/bin/sh', ['-c', '"$0" "$1" 2>&1 || true', path, flag], { encoding: 'utf8' });
  return /\d+\.\d+(?:\.\d+)?/.exec(text)?.[0] ?? 'of an unknown version';
}
