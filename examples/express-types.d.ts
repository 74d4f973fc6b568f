// As much of Express's types as the example needs. A project of your own has `@types/express`.
declare module 'express' {
  import type { IncomingMessage, Server, ServerResponse } from 'node:http';

  /** A wildcard's parameter is the list of its segments. */
  export type Request = IncomingMessage & { readonly params: Readonly<Record<string, readonly string[]>> };
  export type Response = ServerResponse & {
    status(code: number): Response;
    set(name: string, value: string): Response;
  };

  type Application = {
    use(handler: (request: Request, response: Response, next: () => void) => void): void;
    get(path: string, handler: (request: Request, response: Response) => void): void;
    listen(port: number, host: string, onListening: () => void): Server;
  };

  export default function express(): Application;
}
