// How many files and sockets a process may have open, and commands that are to have many: ten thousand connections are
// ten thousand of them.
import { execFileSync } from 'node:child_process';
import type { Command } from './processes.ts';

/** What is asked for; half of it is enough. */
const WANTED = 65_536;

const RAISE = `ulimit -n ${WANTED} 2>/dev/null || ulimit -n "$(ulimit -Hn)"`;

/** The most that a command of `withOpenFiles` can have: more than now, where this process may raise its limit. */
export function findOpenFileLimit(): number {
  const answer = execFileSync('/bin/sh', ['-c', `${RAISE}; ulimit -n`], { encoding: 'utf8' }).trim();
  return answer === 'unlimited' ? Number.POSITIVE_INFINITY : Number(answer);
}

/** The same command with as many open files as can be. */
export function withOpenFiles(command: Command): Command {
  return ['/bin/sh', '-c', `${RAISE}; exec "$0" "$@"`, ...command];
}
