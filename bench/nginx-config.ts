// nginx's configuration, as the origin and as a proxy. One worker each, nothing logged, and connections that are kept
// for the whole run.

/** nginx closes a connection after 1,000 requests by default: a second of small ranges would be full of new ones. */
const MANY_REQUESTS = 1_000_000_000;

/** As many as the clients of the small ranges have. */
const KEPT_CONNECTIONS = 64;

const UPLOADS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export type OriginConfig = {
  /** Writable, for what nginx insists on having a place for. */
  readonly scratch: string;
  readonly root: string;
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly keyFile: string;
  readonly caFile: string;
};

export function toNginxOrigin({ scratch, root, plainPort, tlsPort, keyFile, caFile }: OriginConfig): string {
  return toMain(scratch, [
    `server {`,
    `  listen 127.0.0.1:${plainPort};`,
    `  listen 127.0.0.1:${tlsPort} ssl;`,
    `  ssl_certificate ${caFile};`,
    `  ssl_certificate_key ${keyFile};`,
    `  ssl_protocols TLSv1.3;`,
    `  root ${root};`,
    `  sendfile on;`,
    `  tcp_nopush on;`,
    `  open_file_cache max=16;`,
    `}`,
  ]);
}

export type ProxyConfig = {
  readonly scratch: string;
  readonly port: number;
  readonly originPort: number;
  /** The certificate to trust; without it the origin is asked without TLS. */
  readonly caFile: string | undefined;
  /** Whether it may take more from the origin than the client has taken. It never does so to a file. */
  readonly buffered: boolean;
};

export function toNginxProxy({ scratch, port, originPort, caFile, buffered }: ProxyConfig): string {
  const tls = [
    `    proxy_ssl_protocols TLSv1.3;`,
    `    proxy_ssl_verify on;`,
    `    proxy_ssl_trusted_certificate ${caFile};`,
    `    proxy_ssl_name localhost;`,
  ];
  return toMain(scratch, [
    `upstream origin {`,
    `  server 127.0.0.1:${originPort};`,
    `  keepalive ${KEPT_CONNECTIONS};`,
    `  keepalive_requests ${MANY_REQUESTS};`,
    `}`,
    `server {`,
    `  listen 127.0.0.1:${port};`,
    `  location / {`,
    `    proxy_pass ${caFile === undefined ? 'http' : 'https'}://origin;`,
    `    proxy_http_version 1.1;`,
    `    proxy_set_header Connection "";`,
    ...(buffered ? [`    proxy_buffers 8 256k;`, `    proxy_max_temp_file_size 0;`] : [`    proxy_buffering off;`]),
    ...(caFile === undefined ? [] : tls),
    `  }`,
    `}`,
  ]);
}

function toMain(scratch: string, http: readonly string[]): string {
  return [
    // Without root there is no user to change to, and nginx would complain.
    ...(process.getuid?.() === 0 ? ['user root;'] : []),
    `daemon off;`,
    `worker_processes 1;`,
    `pid ${scratch}/pid;`,
    `error_log stderr warn;`,
    `events { worker_connections 1024; }`,
    `http {`,
    `  access_log off;`,
    `  keepalive_requests ${MANY_REQUESTS};`,
    ...UPLOADS.map((kind) => `  ${kind}_temp_path ${scratch}/${kind};`),
    ...http.map((line) => `  ${line}`),
    `}`,
    ``,
  ].join('\n');
}
