// The configuration of a one-node OpenStack Swift: an account, a container and an object server, and in front of them
// the proxy with s3api (the S3 protocol) and tempauth (keys from the configuration), in Swift's own INI files.
import { userInfo } from 'node:os';

export type SwiftPorts = {
  readonly proxy: number;
  readonly account: number;
  readonly container: number;
  readonly object: number;
  readonly memcached: number;
};

export const SWIFT_STORES = ['account', 'container', 'object'] as const;

/** An access key of s3api is `account:user` of tempauth. */
export const SWIFT_CREDENTIALS = { accessKeyId: 'lab:reader', secretAccessKey: 'lab-secret' };

export const SWIFT_REGION = 'us-east-1';

/** The order in which a request passes, from "pipeline:main" of Swift's s3api documentation: SLO is what multipart uploads become. */
const PIPELINE =
  'catch_errors gatekeeper healthcheck cache s3api tempauth copy bulk slo dlo versioned_writes proxy-server';

type Sections = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

function toIni(sections: Sections): string {
  return Object.entries(sections)
    .map(([name, values]) => [`[${name}]`, ...Object.entries(values).map(([key, value]) => `${key} = ${value}`)])
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** Every file of the configuration folder, by name. `data` is the folder that holds the device. */
export function toSwiftFiles(
  ports: SwiftPorts,
  { etc, data }: { readonly etc: string; readonly data: string },
): Readonly<Record<string, string>> {
  // No workers: each server is one process that ends when it is told to.
  const common = { bind_ip: '127.0.0.1', workers: 0, user: userInfo().username, swift_dir: etc, log_level: 'WARNING' };
  const stores = SWIFT_STORES.map((store): [string, string] => [
    `${store}-server.conf`,
    toIni({
      DEFAULT: { ...common, bind_port: ports[store], devices: data, mount_check: false, fallocate_reserve: 0 },
      'pipeline:main': { pipeline: `${store}-server` },
      [`app:${store}-server`]: { use: `egg:swift#${store}` },
    }),
  ]);
  const [account, user] = SWIFT_CREDENTIALS.accessKeyId.split(':');
  const plainFilters = ['catch_errors', 'gatekeeper', 'healthcheck', 'copy', 'bulk', 'slo', 'dlo', 'versioned_writes'];
  const proxy = toIni({
    DEFAULT: { ...common, bind_port: ports.proxy },
    'pipeline:main': { pipeline: PIPELINE },
    'app:proxy-server': { use: 'egg:swift#proxy', account_autocreate: true },
    'filter:cache': { use: 'egg:swift#memcache', memcache_servers: `127.0.0.1:${ports.memcached}` },
    'filter:s3api': { use: 'egg:swift#s3api', location: SWIFT_REGION, dns_compliant_bucket_names: true },
    'filter:tempauth': {
      use: 'egg:swift#tempauth',
      [`user_${account}_${user}`]: `${SWIFT_CREDENTIALS.secretAccessKey} .admin`,
    },
    ...Object.fromEntries(plainFilters.map((name) => [`filter:${name}`, { use: `egg:swift#${name}` }])),
  });
  const shared = toIni({
    'swift-hash': { swift_hash_path_prefix: 'lab', swift_hash_path_suffix: 'lab' },
    'storage-policy:0': { name: 'Policy-0', default: 'yes' },
  });
  return { ...Object.fromEntries(stores), 'proxy-server.conf': proxy, 'swift.conf': shared };
}
