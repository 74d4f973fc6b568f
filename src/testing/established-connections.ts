// How many connections the kernel has open to a port of this machine: a harness's `heldNow()` for an origin on
// loopback. It asks the kernel and not the origin, so the event loop need not turn. Linux only.
import { readFileSync } from 'node:fs';

/** `TCP_ESTABLISHED` in the kernel's include/net/tcp_states.h, as /proc/net/tcp writes it. */
const ESTABLISHED = '01';

/** The socket tables of IPv4 and IPv6 (proc_net_tcp in the kernel's documentation). A machine may lack the second. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;

/** Connections to `port` of which neither side has been closed yet. */
export function establishedConnections(port: number): number {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  let count = 0;
  for (const table of TABLES) {
    for (const line of readTable(table).split('\n')) {
      const [, , remoteAddress, state] = line.trim().split(/\s+/);
      if (state === ESTABLISHED && remoteAddress?.endsWith(`:${wanted}`)) count += 1;
    }
  }
  return count;
}

function readTable(path: (typeof TABLES)[number]): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (path === '/proc/net/tcp6') return '';
    throw error;
  }
}
