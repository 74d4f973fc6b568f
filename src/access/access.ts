// The contract of access: who is asking, and what they may have. The gateway asks it first, by the request alone; what
// it answers decides about each object that is looked up after it.

/** What a decision is made from. */
export type AccessRequest = {
  readonly method: string;
  /** The object that is asked for, where it is one. */
  readonly id?: string | undefined;
  /** What follows the `?` of the target, without it; empty where there is none. */
  readonly query: string;
  /** As `IncomingMessage.headers` has them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly remoteAddress: string | undefined;
};

/** What is to be known of an object before anybody may have it. */
export type Protected = {
  readonly id: string;
  /** The collection that it is in. */
  readonly collection: string;
  /** Whether everybody may read that collection. */
  readonly isPublic: boolean;
};

export type Principal = {
  /** Who it is, as the ledger and the limits name them. */
  readonly name: string;
  /** Which of their credentials they showed, in words that are no secret: `token:3f9a…`, `jwt:https://issuer`. */
  readonly credential?: string | undefined;
  /** Whether they may change the books: collections, tokens, limits. */
  readonly isAdmin: boolean;
  /**
   * Present where nobody in particular is asking: what they may not have is answered by 401 with this value of
   * WWW-Authenticate, and so is what is not there. To anybody else both are 404.
   */
  readonly challenge?: string | undefined;
  mayRead(object: Protected): boolean;
};

export type Decision =
  | { readonly kind: 'known'; readonly principal: Principal }
  /** What they showed proves nothing: wrong, expired, revoked. `challenge` is the value of WWW-Authenticate. */
  | { readonly kind: 'unauthenticated'; readonly challenge: string }
  /** What they showed is genuine and not for this. `reason` is for them to read. */
  | { readonly kind: 'forbidden'; readonly principal: string; readonly reason: string }
  /** Too many from their address have shown what proves nothing. */
  | { readonly kind: 'slowed'; readonly retryAfterMs: number };

export interface Access {
  /**
   * Decides by the request alone. A rejection denies: with `unavailable` where it could not be found out. An abort of
   * `signal` MAY end it early.
   */
  decide(request: AccessRequest, options: { readonly signal: AbortSignal }): Decision | Promise<Decision>;
}
