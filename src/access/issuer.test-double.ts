// An issuer of JWTs on loopback: its metadata and keys over HTTP, keys that rotate, and failures on request.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { CryptoKey, JWK, JWTHeaderParameters } from 'jose';

export type IssuerKey = {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
};

export async function makeKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** A token as the issuer signs it; what is `undefined` in the claims is left out. */
export async function signJwt(
  key: IssuerKey,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const fields = { alg: key.alg, kid: key.kid, ...header } as JWTHeaderParameters;
  return new SignJWT({ ...claims }).setProtectedHeader(fields).sign(key.privateKey);
}

export class Issuer {
  readonly #server = createServer((request, response) => this.#answer(request, response));
  keys: readonly JWK[] = [];
  /** The paths that were asked for. */
  readonly asked: string[] = [];
  /** Answers instead of the issuer, when it is there. */
  fault: ((response: ServerResponse) => void) | undefined;
  metadata: Readonly<Record<string, unknown>> = {};

  static async start(...keys: readonly IssuerKey[]): Promise<Issuer> {
    const issuer = new Issuer();
    issuer.keys = keys.map(({ jwk }) => jwk);
    issuer.#server.listen(0, '127.0.0.1');
    await once(issuer.#server, 'listening');
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves with how many connections were open still. */
  async close(): Promise<number> {
    const open = await new Promise<number>((resolve) => {
      this.#server.getConnections((_error, count) => resolve(count));
    });
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
    return open;
  }

  #answer({ url = '' }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(url);
    if (this.fault) {
      this.fault(response);
      return;
    }
    const documents: Readonly<Record<string, unknown>> = {
      '/.well-known/openid-configuration': { issuer: this.url, jwks_uri: `${this.url}/keys`, ...this.metadata },
      '/keys': { keys: this.keys },
    };
    const document = documents[url];
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document));
  }
}
