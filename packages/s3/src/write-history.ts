import type { Version } from "@threadstore/core";

/** The name of the user metadata that holds an object's write history. */
export const WRITE_HISTORY_METADATA = "threadstore-history";

const HISTORY_MAX_ENTRIES = 8;
const REMEMBERED_VERSIONS = 1000;

/**
 * The write histories of recently read or written versions. Ceph responds to most losers of a race for a version with
 * a 500 that does not give a reason. Therefore each object records, newest first, which version it replaced and with
 * which nonce, and the same for its last predecessors. A version is replaced only once. A writer that finds its
 * expected version there with another nonce knows that its own write had no effect and cannot have one later.
 */
export interface WriteHistories {
  /** Returns the history for an object that replaces `expectedVersion`. */
  extend(expectedVersion: Version, nonce: string): string;
  /** Remembers the history of a version. Histories of forgotten or foreign versions start empty. */
  remember(version: Version, history: string | undefined): void;
}

export function createWriteHistories(): WriteHistories {
  const historyByVersion = new Map<Version, string>();
  return {
    extend(expectedVersion, nonce) {
      const earlier = historyByVersion.get(expectedVersion)?.split(" ") ?? [];
      return [`${expectedVersion}=${nonce}`, ...earlier].slice(0, HISTORY_MAX_ENTRIES).join(" ");
    },
    remember(version, history) {
      if (history === undefined) return;
      historyByVersion.delete(version);
      historyByVersion.set(version, history);
      const [oldest] = historyByVersion.keys();
      if (historyByVersion.size > REMEMBERED_VERSIONS && oldest !== undefined) {
        historyByVersion.delete(oldest);
      }
    },
  };
}

/** Returns the nonce of the write that replaced `version`, according to the history of a later object. */
export function nonceOfReplacement(history: string, version: Version): string | undefined {
  const entry = history.split(" ").find((candidate) => candidate.startsWith(`${version}=`));
  return entry?.slice(version.length + 1);
}
