// The proxy that a careful Node developer writes: an agent that keeps connections, the request's headers and range
// passed on, `pipeline` so that a failure or a hang-up on either side ends both.
//   node pipeline-proxy.ts PORT ORIGIN_URL [CA_FILE]
import { readFileSync } from 'node:fs';
import { createServer, Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream';

/** They belong to one connection and not to the message (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

const [port, originUrl = '', caFile] = process.argv.slice(2);
const origin = new URL(originUrl);
const isTls = origin.protocol === 'https:';
const ask = isTls ? httpsRequest : httpRequest;
const agent = isTls
  ? new HttpsAgent({ keepAlive: true, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) })
  : new HttpAgent({ keepAlive: true });

createServer(forward).listen(Number(port), '127.0.0.1');

function forward(request: IncomingMessage, response: ServerResponse): void {
  const { method, url: path, headers } = request;
  const { hostname, port } = origin;
  const upstream = ask({ agent, hostname, port, method, path, headers: { ...toEndToEnd(headers), host: origin.host } });
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, toEndToEnd(answer.headers));
    pipeline(answer, response, () => {});
  });
  upstream.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on('close', () => upstream.destroy());
  // GET and HEAD alone, as of an object store: there is no content to pass on.
  upstream.end();
}

function toEndToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}
