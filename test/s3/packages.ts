// Which servers are on this machine, and how those that are not get there: Debian's packages, installed as root
// without starting the services that come with them.
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Children } from './children.ts';
import type { ServerKind } from './server.ts';

/** What `invoke-rc.d` asks before it starts a service; 101 is "action forbidden by policy". */
const POLICY_PATH = '/usr/sbin/policy-rc.d';
const POLICY = '#!/bin/sh\nexit 101\n';

const APT_GET = 'apt-get';

function isHere(program: string): boolean {
  const folders = process.env['PATH'] ?? '';
  return folders.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The programs of a server that are not here. */
export function findMissing({ programs }: ServerKind): readonly string[] {
  return programs.filter((program) => !isHere(program));
}

export function canInstall(): boolean {
  return process.getuid?.() === 0 && isHere(APT_GET);
}

/** The command that a person would type. */
export function toInstallCommand({ packages }: ServerKind): string {
  return `apt-get install --no-install-recommends ${packages.join(' ')}`;
}

/** Rejects, with what apt-get said, when it cannot. */
export async function install({ packages }: ServerKind, children: Children): Promise<void> {
  const bringsPolicy = !existsSync(POLICY_PATH);
  if (bringsPolicy) writeFileSync(POLICY_PATH, POLICY, { mode: 0o755 });
  try {
    await children.run('apt-get', { program: APT_GET, args: ['update', '--quiet'] });
    // Of what is here already nothing is changed.
    const args = ['install', '--yes', '--quiet', '--no-upgrade', '--no-install-recommends', ...packages];
    await children.run('apt-get', { program: APT_GET, args });
  } finally {
    if (bringsPolicy) rmSync(POLICY_PATH, { force: true });
  }
}
