// Ceph's RADOS Gateway, from Debian's packages: keys, a monitor, a store in a file, then the gateway and a user.
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findFreePorts } from '../ports.ts';
import { probe } from '../server.ts';
import type { ServerKind } from '../server.ts';
import { CEPH_CREDENTIALS, CEPH_KEYS, toCephConfig } from './ceph-config.ts';

/** The gateway makes its pools at its first start, which waits for the disk. */
const READY_MS = 120_000;

export const ceph: ServerKind = {
  name: 'ceph',
  title: 'Ceph RADOS Gateway',
  packages: ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-common'],
  programs: ['ceph-authtool', 'monmaptool', 'ceph-mon', 'ceph-osd', 'ceph', 'radosgw', 'radosgw-admin'],
  async start({ folder, children }) {
    for (const name of ['mon', 'osd', 'rgw', 'run', 'crash']) mkdirSync(join(folder, name));
    const [monV2 = 0, monV1 = 0, gateway = 0] = await findFreePorts(3);
    const fsid = randomUUID();
    const osdUuid = randomUUID();
    const config = join(folder, 'ceph.conf');
    const keyring = join(folder, 'keyring');
    const map = join(folder, 'monmap');
    writeFileSync(config, toCephConfig(folder, { fsid, ports: { monV2, monV1, gateway } }));
    const run = (name: string, program: string, args: readonly string[]) => children.run(name, { program, args });
    const withConfig = (args: readonly string[]) => ['--conf', config, ...args];

    writeFileSync(keyring, '', { mode: 0o600 });
    for (const [bearer, allowed] of Object.entries(CEPH_KEYS)) {
      const caps = Object.entries(allowed).flatMap(([daemon, what]) => ['--cap', daemon, what]);
      await run('keys', 'ceph-authtool', [keyring, '--gen-key', '--name', bearer, ...caps]);
    }
    const address = `[v2:127.0.0.1:${monV2},v1:127.0.0.1:${monV1}]`;
    await run('map', 'monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', address, map]);
    await run('mon-mkfs', 'ceph-mon', withConfig(['--mkfs', '--id', 'a', '--monmap', map, '--keyring', keyring]));
    children.start('mon', { program: 'ceph-mon', args: withConfig(['--id', 'a', '--foreground']) });
    // Waits for the monitor by itself.
    await run('osd-new', 'ceph', withConfig(['--connect-timeout', '60', 'osd', 'new', osdUuid]));
    await run('osd-mkfs', 'ceph-osd', withConfig(['--mkfs', '--id', '0', '--osd-uuid', osdUuid]));
    children.start('osd', { program: 'ceph-osd', args: withConfig(['--id', '0', '--foreground']) });
    // Waits for the store in the same way; the gateway's own start waits for both.
    const { accessKeyId, secretAccessKey } = CEPH_CREDENTIALS;
    const keys = ['--access-key', accessKeyId, '--secret-key', secretAccessKey];
    const user = ['user', 'create', '--uid', 'lab', '--display-name', 'lab', ...keys];
    await run('user', 'radosgw-admin', withConfig(['--name', 'client.rgw', ...user]));
    children.start('rgw', { program: 'radosgw', args: withConfig(['--name', 'client.rgw', '--foreground']) });

    const endpoint = `http://127.0.0.1:${gateway}`;
    await children.untilReady(async () => (await probe(endpoint)) === 200, READY_MS);
    return { name: 'ceph', endpoint, region: 'us-east-1', credentials: CEPH_CREDENTIALS, overwritesInPlace: false };
  },
};
