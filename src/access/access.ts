// The contract of access: who is asking, and may they. The gateway asks it before it looks anything up.

/** What a decision is made from. */
export type AccessRequest = {
  readonly method: string;
  /** The object that is asked for. */
  readonly id: string;
  /** As `IncomingMessage.headers` has them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly remoteAddress: string | undefined;
};

export type Decision =
  /** `principal`: who it is, as the ledger names them. */
  | { readonly kind: 'allow'; readonly principal: string }
  /** Nobody in particular is asking, and somebody would have to. `challenge` is the value of WWW-Authenticate. */
  | { readonly kind: 'unauthenticated'; readonly challenge: string }
  /** Somebody is asking who may not have this. */
  | { readonly kind: 'forbidden'; readonly principal: string };

export interface Access {
  /** Decides by the request alone. A rejection denies. An abort of `signal` MAY end it early. */
  decide(request: AccessRequest, options: { readonly signal: AbortSignal }): Decision | Promise<Decision>;
}
