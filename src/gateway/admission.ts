// Who asks: the first step of every request that is answered with something of somebody's.
import type { IncomingMessage } from 'node:http';
import type { Access, Principal } from '../access/access.ts';
import { toOwnFailure } from './own-failure.ts';
import { toRefusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';

export type Asked = {
  readonly request: Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'socket'>;
  /** The object that is asked for, where it is one. */
  readonly id?: string | undefined;
  readonly signal: AbortSignal;
};

/** A principal, or what to tell whoever is none. An access that fails denies, and that is our failure. */
export async function identify(access: Access, { request, id, signal }: Asked): Promise<Principal | Refusal> {
  const { method = '', url = '', headers, socket } = request;
  const asked = { method, id, query: queryOf(url), headers, remoteAddress: socket.remoteAddress };
  try {
    const decided = access.decide(asked, { signal });
    const decision = decided instanceof Promise ? await decided : decided;
    return decision.kind === 'known' ? decision.principal : toRefusal(decision);
  } catch (cause) {
    throw toOwnFailure(cause, 'access failed');
  }
}

function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}
