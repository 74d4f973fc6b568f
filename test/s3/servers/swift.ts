// OpenStack Swift with its S3 API, from Debian's packages: rings for one device, four servers and memcached.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { findFreePorts } from '../ports.ts';
import { probe } from '../server.ts';
import type { ServerKind } from '../server.ts';
import { SWIFT_CREDENTIALS, SWIFT_REGION, SWIFT_STORES, toSwiftFiles } from './swift-config.ts';

const READY_MS = 60_000;

const DEVICE = 'd1';

export const swift: ServerKind = {
  name: 'swift',
  title: 'OpenStack Swift',
  packages: ['swift-proxy', 'swift-object', 'swift-container', 'swift-account', 'memcached', 'python3-memcache'],
  programs: [
    'swift-ring-builder',
    'swift-proxy-server',
    ...SWIFT_STORES.map((store) => `swift-${store}-server`),
    'memcached',
  ],
  env: (folder) => ({ SWIFT_CONF_FILE: join(folder, 'etc', 'swift.conf') }),
  async start({ folder, children }) {
    const etc = join(folder, 'etc');
    const data = join(folder, 'data');
    mkdirSync(etc);
    mkdirSync(join(data, DEVICE), { recursive: true });
    const [proxy = 0, account = 0, container = 0, object = 0, memcached = 0] = await findFreePorts(5);
    const ports = { proxy, account, container, object, memcached };
    for (const [name, text] of Object.entries(toSwiftFiles(ports, { etc, data }))) writeFileSync(join(etc, name), text);

    // A ring tells which device holds what: 2^4 partitions, one replica, and an hour between two moves, on one device.
    const buildRing = async (store: (typeof SWIFT_STORES)[number]): Promise<void> => {
      const steps = [
        ['create', '4', '1', '1'],
        ['add', `r1z1-127.0.0.1:${ports[store]}/${DEVICE}`, '1'],
        ['rebalance'],
      ];
      for (const step of steps) {
        const args = [join(etc, `${store}.builder`), ...step];
        await children.run(`${store}-ring`, { program: 'swift-ring-builder', args });
      }
    };
    await Promise.all(SWIFT_STORES.map(buildRing));

    const cacheArgs = ['-u', userInfo().username, '-l', '127.0.0.1', '-p', String(memcached), '-m', '64'];
    children.start('memcached', { program: 'memcached', args: cacheArgs });
    for (const server of [...SWIFT_STORES, 'proxy']) {
      const config = join(etc, `${server}-server.conf`);
      children.start(server, { program: `swift-${server}-server`, args: [config, '--verbose'] });
    }
    const endpoint = `http://127.0.0.1:${proxy}`;
    await children.untilReady(async () => (await probe(`${endpoint}/healthcheck`)) === 200, READY_MS);
    return {
      name: 'swift',
      endpoint,
      region: SWIFT_REGION,
      credentials: SWIFT_CREDENTIALS,
      overwritesInPlace: false,
    };
  },
};
