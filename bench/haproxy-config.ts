// haproxy's configuration: one thread, nothing logged, connections to the origin shared and kept.

export type HaproxyConfig = {
  readonly port: number;
  readonly originPort: number;
  /** The certificate to trust; without it the origin is asked without TLS. */
  readonly caFile: string | undefined;
  /** Lets bodies pass inside the kernel. */
  readonly splice: boolean;
};

export function toHaproxyConfig({ port, originPort, caFile, splice }: HaproxyConfig): string {
  const tls = caFile === undefined ? '' : ` ssl ssl-min-ver TLSv1.3 verify required ca-file ${caFile}`;
  return [
    `global`,
    `  nbthread 1`,
    `  maxconn 256`,
    `defaults`,
    `  mode http`,
    `  timeout connect 5s`,
    `  timeout client 60s`,
    `  timeout server 60s`,
    `  http-reuse always`,
    ...(splice ? [`  option splice-response`] : []),
    `frontend clients`,
    `  bind 127.0.0.1:${port}`,
    `  default_backend origin`,
    `backend origin`,
    `  server origin 127.0.0.1:${originPort}${tls}`,
    ``,
  ].join('\n');
}
