// What tests of bundles ask a gateway: to make one, over a socket of their own.
import type { Answer, Peer } from '../flow/http-trial.test-double.ts';

export type Made = {
  readonly id: string;
  readonly url: string;
  readonly size: number;
  readonly etag: string;
  readonly members: readonly { readonly id: string; readonly name: string; readonly size: number }[];
};

/** Sends the content as it is. */
export function post(peer: Peer, content: string, fields: readonly string[] = []): Promise<Answer> {
  const all = ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(content)}`, ...fields];
  peer.ask('/bundles', { method: 'POST', fields: all });
  peer.socket.write(content);
  return peer.answer();
}

/** The bundle of these ids, or a failure that says what came instead. */
export async function make(peer: Peer, ids: readonly string[], fields: readonly string[] = []): Promise<Made> {
  const { status, content } = await post(peer, JSON.stringify({ ids }), fields);
  if (status !== 201 && status !== 200) throw new Error(`${status} ${String(content)}`);
  return JSON.parse(String(content)) as Made;
}
