// What the suites know of a server under test, and what the runner knows of each kind of server.
import { request } from 'node:http';
import type { Children } from './children.ts';

/** A server that runs: all that a suite needs, and it goes through an environment variable as JSON. */
export type S3Server = {
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** It writes a new version of an object over the bytes that a GET under way is reading. */
  readonly overwritesInPlace: boolean;
};

export type StartOptions = {
  /** For everything that the server keeps. */
  readonly folder: string;
  readonly children: Children;
};

/** A kind of server that can be started here, if it is there. */
export type ServerKind = {
  readonly name: string;
  readonly title: string;
  /** Debian's packages that have it; none if it comes with npm. */
  readonly packages: readonly string[];
  /** Programs without which it cannot be started. */
  readonly programs: readonly string[];
  readonly env?: (folder: string) => NodeJS.ProcessEnv;
  /** Resolves when it answers. Its children are ended by whoever made `children`. */
  start(options: StartOptions): Promise<S3Server>;
};

/** The status of a GET, or `undefined` when nothing answers. */
export function probe(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
}
