// The requests of one kind that Fastify has and that are under way: each until it has been answered, or its client has
// gone, or its content does not come. Whatever is done for one is done with its signal.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SYSTEM_CLOCK } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import { onHangUp } from '../flow/hang-up.ts';
import { hasContent } from './request-guard.ts';
import { respondProblem } from './respond.ts';

/** As long as a head may take: content that is taken whole is small. */
const CONTENT_TIMEOUT_MS = 20_000;

/** Content that comes bit by bit may pause, as whoever makes it waits for a disk or a network. */
const DEFAULT_STALL_TIMEOUT_MS = 60_000;

/** A reader that has not taken a small answer by then does not want it. */
const ANSWER_TIMEOUT_MS = 60_000;

export type RequestsUnderWayOptions = {
  readonly max: number;
  /** How long to wait for the next piece of content that is taken bit by bit. */
  readonly stallTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
};

type Watch = {
  readonly signal: AbortSignal;
  /** Answers that the content did not come. */
  readonly giveUp: () => void;
  readonly contentArrived: () => void;
  readonly answering: () => void;
  readonly end: () => void;
};

export class RequestsUnderWay {
  readonly #max: number;
  readonly #stallTimeoutMs: number;
  readonly #clock: Clock;
  readonly #watches = new WeakMap<FastifyRequest, Watch>();
  #count = 0;

  constructor({ max, stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS, clock = SYSTEM_CLOCK }: RequestsUnderWayOptions) {
    this.#max = max;
    this.#stallTimeoutMs = stallTimeoutMs;
    this.#clock = clock;
  }

  get count(): number {
    return this.#count;
  }

  /** For the route: they begin each request, and end it when it has been answered. */
  readonly hooks = {
    onRequest: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => this.#begin(request, reply),
    preValidation: async (request: FastifyRequest): Promise<void> => this.#watches.get(request)?.contentArrived(),
    onSend: async (request: FastifyRequest): Promise<void> => this.#watches.get(request)?.answering(),
    onResponse: async (request: FastifyRequest): Promise<void> => this.#watches.get(request)?.end(),
  };

  /** Aborted when the client has gone, or its content does not come. */
  signalOf(request: FastifyRequest): AbortSignal {
    return this.#watchOf(request).signal;
  }

  /** Whether there is nobody left to be answered. */
  isGone(request: FastifyRequest): boolean {
    return this.#watches.get(request)?.signal.aborted ?? false;
  }

  /** The content as it comes. Rejects with `closed` when it ends early, or does not come. */
  async *content(request: FastifyRequest): AsyncGenerator<Uint8Array, void, undefined> {
    const { giveUp } = this.#watchOf(request);
    // Whoever stops reading has an answer for the client, and needs the connection for that.
    const pieces = request.raw.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
    try {
      for (;;) {
        const callOff = this.#clock.after(this.#stallTimeoutMs, giveUp);
        const piece = await pieces.next().catch(() => undefined);
        callOff();
        if (!piece) throw toGone();
        if (piece.done) return;
        yield piece.value;
      }
    } finally {
      await pieces.return?.();
    }
  }

  #watchOf(request: FastifyRequest): Watch {
    const watch = this.#watches.get(request);
    if (!watch) throw new SluiceError('misuse', 'a request that was never begun is not under way');
    return watch;
  }

  #begin(request: FastifyRequest, reply: FastifyReply): void {
    if (this.#count >= this.#max) {
      throw new SluiceError('overloaded', `${this.#max} requests of this kind are under way`);
    }
    this.#count += 1;
    const controller = new AbortController();
    let hasEnded = false;
    const end = () => {
      if (hasEnded) return;
      hasEnded = true;
      this.#count -= 1;
      contentArrived();
      answered();
      unwatch();
    };
    let answered = () => {};
    const answering = () => {
      if (!hasEnded) answered = this.#clock.after(ANSWER_TIMEOUT_MS, () => reply.raw.destroy());
    };
    const giveUp = () => {
      // Whoever waits for more of it learns that there is none; Node tells them nothing once there is an answer.
      reply.raw.once('finish', () => request.raw.destroy());
      respondProblem(reply.raw, TOO_SLOW, { connection: 'close' });
      controller.abort(toGone());
      end();
    };
    const unwatch = onHangUp(request.raw.socket, () => {
      controller.abort(toGone());
      end();
    });
    const contentArrived = hasContent(request.raw) ? this.#clock.after(CONTENT_TIMEOUT_MS, giveUp) : () => {};
    this.#watches.set(request, { signal: controller.signal, giveUp, contentArrived, answering, end });
  }
}

const TOO_SLOW = { type: 'about:blank', title: 'The content of the request took too long', status: 408 };

function toGone(): SluiceError {
  return new SluiceError('closed', 'whoever asked has gone');
}

/** Ends what nobody is there to be told of; half of a request may still be on its way. */
export function leave(reply: FastifyReply): void {
  reply.hijack();
  if (!reply.raw.writableEnded) reply.raw.destroy();
}
