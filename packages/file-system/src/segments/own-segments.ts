import type { Version } from "@threadstore/core";
import { nodeCrypto } from "../system/node-crypto.ts";
import type { Frame } from "./frame.ts";

/**
 * The segments that one driver created. No other driver appends to them, so appends of several processes never mix and
 * no lock is needed.
 */
export interface OwnSegments {
  /** Returns a name that no segment has had. */
  newName(): string;
  isOwn(segment: string): boolean;
  /** The segments that a save is appending to. A concurrent save uses a new segment. */
  readonly inUse: Set<string>;
  /** The segments of the last records written here. They never change, so they need not be read again. */
  readonly storedByVersion: Map<Version, Pick<Frame, "otherSegments" | "storedBytes">>;
}

const REMEMBERED_VERSIONS_MAX = 1000;

export function createOwnSegments(): OwnSegments {
  let owner: string | undefined;
  let count = 0;
  return {
    newName() {
      owner ??= nodeCrypto().randomBytes(8).toString("hex");
      count += 1;
      return owner + count.toString(16).padStart(8, "0");
    },
    isOwn: (segment) => owner !== undefined && segment.startsWith(owner),
    inUse: new Set(),
    storedByVersion: new Map(),
  };
}

/** A record in the segments of its thread. */
export interface SegmentedRecord {
  /** The segment that the record ends in. */
  readonly segment: string;
  /** All segments that the record needs, including `segment`. */
  readonly neededSegments: readonly string[];
  /** The bytes of all frames that the record needs. */
  readonly storedBytes: number;
}

/** Remembers the segments of a version that became current, for the next save, and forgets those of the replaced one. */
export function rememberStored(
  { storedByVersion }: OwnSegments,
  { version, replaced }: { readonly version: Version; readonly replaced: Version },
  { segment, neededSegments, storedBytes }: SegmentedRecord,
): void {
  const otherSegments = neededSegments.filter((name) => name !== segment);
  storedByVersion.delete(replaced);
  storedByVersion.set(version, { otherSegments, storedBytes });
  if (storedByVersion.size <= REMEMBERED_VERSIONS_MAX) return;
  const [oldest] = storedByVersion.keys();
  if (oldest !== undefined) storedByVersion.delete(oldest);
}
