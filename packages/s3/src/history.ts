import type { Version } from "@threadstore/core";

/** The name of the user metadata in which an object says what it and the last ones before it replaced. */
export const historyName = "threadstore-history";

const longest = 8;
const remembered = 1000;

/**
 * Ceph answers most losers of a race for one version with a 500 that says nothing. Who won says more: each
 * object carries, newest first, which version it replaced and the nonce it replaced that with, and the same of
 * those before it. A version is replaced once. So a loser that finds its expected version there with another
 * nonce knows for certain that its own write had no effect, and never can have one.
 */
export interface Histories {
  /** The history that a write is to carry. */
  next(expected: Version, nonce: string): string;
  remember(version: Version, history: string | undefined): void;
}

/** What is known of versions that were read or written lately; a history is shorter where nothing is. */
export function newHistories(): Histories {
  const known = new Map<Version, string>();
  return {
    next(expected, nonce) {
      const before = known.get(expected)?.split(" ") ?? [];
      return [`${expected}=${nonce}`, ...before].slice(0, longest).join(" ");
    },
    remember(version, history) {
      if (history === undefined) return;
      known.delete(version);
      known.set(version, history);
      const [oldest] = known.keys();
      if (known.size > remembered && oldest !== undefined) known.delete(oldest);
    },
  };
}

/** The nonce with which `expected` was replaced, as the history of a later object tells. */
export function replacedBy(history: string, expected: Version): string | undefined {
  const found = history.split(" ").find((entry) => entry.startsWith(`${expected}=`));
  return found?.slice(expected.length + 1);
}
