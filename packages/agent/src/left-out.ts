/** Content that a service rejected, and that is not essential, such as reasoning that it cannot verify any more. */
export interface LeftOut {
  /** The kind of content, in the provider's terms. */
  readonly reason: string;
  /** The number of messages that are affected. */
  readonly count: number;
}

/** Merges what was left out of the requests of a run. Each request leaves out the same content again. */
export function mergeLeftOut(earlier: readonly LeftOut[], later: readonly LeftOut[]): readonly LeftOut[] {
  const counts = new Map(earlier.map(({ reason, count }) => [reason, count]));
  for (const { reason, count } of later) counts.set(reason, Math.max(count, counts.get(reason) ?? 0));
  return [...counts].map(([reason, count]) => ({ reason, count }));
}
