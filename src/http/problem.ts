// Problem details: RFC 9457. What a client is told when something went wrong, in our words and in nobody else's.

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

export type Problem = {
  /** A URI reference that names the kind of problem; `about:blank` if the status says it all. */
  readonly type: string;
  /** The kind in a few words, always the same for one `type`. */
  readonly title: string;
  readonly status: number;
  /** This occurrence, and what would be right. */
  readonly detail?: string;
  /** A URI reference that names this occurrence. */
  readonly instance?: string;
  /** Members that this kind of problem has besides (§3.2), under names of their own. */
  readonly extensions?: Readonly<Record<string, unknown>>;
};

/** The problem as JSON, with the members above and its extensions, and no others, whatever else the object carries. */
export function formatProblem({ type, title, status, detail, instance, extensions }: Problem): string {
  return JSON.stringify({ ...extensions, type, title, status, detail, instance });
}
