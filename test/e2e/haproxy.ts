// haproxy as the balancer of TCP connections, where this machine has it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePorts } from '../../bench/free-ports.ts';
import type { Balancer } from './balancer.ts';

export function hasHaproxy(): boolean {
  return spawnSync('haproxy', ['-v']).status === 0;
}

/** Whoever started it closes it. */
export async function startHaproxy(ports: readonly number[]): Promise<Balancer> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-haproxy-'));
  const [port = 0] = await findFreePorts(1);
  const file = join(folder, 'haproxy.cfg');
  await writeFile(file, toConfig(port, ports));
  const child = spawn('haproxy', ['-db', '-q', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true });
  };
  try {
    await untilListening(port, () => child.exitCode !== null);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, close };
}

/** A connection goes to the next gateway in turn; one that is not there is passed over. */
function toConfig(port: number, ports: readonly number[]): string {
  return [
    'defaults',
    '  mode tcp',
    '  timeout connect 5s',
    '  timeout client 60s',
    '  timeout server 60s',
    '  retries 3',
    '  option redispatch 1',
    `listen gateways`,
    `  bind 127.0.0.1:${port}`,
    '  balance roundrobin',
    ...ports.map((backend, index) => `  server gateway${index} 127.0.0.1:${backend}`),
    '',
  ].join('\n');
}

async function untilListening(port: number, hasEnded: () => boolean): Promise<void> {
  for (;;) {
    if (hasEnded()) throw new Error('haproxy ended before it listened');
    const socket = connect({ host: '127.0.0.1', port });
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isUp) return;
  }
}
