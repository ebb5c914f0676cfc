import type { CheckedText } from "../arguments/growing-json.ts";
import { copyOf } from "../arguments/metadata.ts";
import { type ThreadRecord, threadBytes } from "./record.ts";
import type { Trailer } from "./trailer.ts";
import type { ThreadKey } from "../thread-driver.ts";
import type { SerializedThread, StoredThread, ThreadDetails, Version } from "../thread-store.ts";

/** One version of a thread, with the record it came from. */
export interface Snapshot {
  readonly key: ThreadKey;
  readonly version: Version;
  readonly record: ThreadRecord;
  /** What is known of the thread's text, where this process has checked it before it saved it. */
  readonly checked?: CheckedText | undefined;
}

/** Makes no object: what a class that extends it adds, it adds to the one that it is given. */
const Given = function (given: object): object {
  return given;
} as unknown as new (given: object) => object;

/**
 * Puts a snapshot on an object where nobody else sees it. In a WeakMap it would outlive the object until the next
 * full garbage collection, with everything it holds, at each save.
 */
class Stamp extends Given {
  readonly #snapshot: Snapshot;

  constructor(handedOut: object, snapshot: Snapshot) {
    super(handedOut);
    this.#snapshot = snapshot;
  }

  static snapshotOf(handedOut: object): Snapshot | undefined {
    return #snapshot in handedOut ? handedOut.#snapshot : undefined;
  }
}

/** The snapshot behind something that a store handed out; `undefined` for a copy of it, or anything else. */
export function snapshotOf(handedOut: object): Snapshot | undefined {
  return Stamp.snapshotOf(handedOut);
}

/**
 * What the caller gets of a snapshot. Text and object are made when first asked for: who only moves text pays
 * for no parse, and what the caller does to the object changes nothing here.
 */
export function storedThread(snapshot: Snapshot): StoredThread {
  const { key, version, record } = snapshot;
  let json: string | undefined;
  let thread: SerializedThread | undefined;
  const stored: StoredThread = {
    ...threadDetails(key.id, version, record.trailer),
    metadata: copyOf(record.trailer.metadata),
    get json(): string {
      json ??= threadBytes(record).toString("utf8");
      return json;
    },
    get thread(): SerializedThread {
      thread ??= JSON.parse(stored.json) as SerializedThread;
      return thread;
    },
  };
  // What is stamped is the object itself.
  void new Stamp(stored, snapshot);
  return stored;
}

/** What a trailer tells of its thread, as the caller's own. */
export function threadDetails(id: string, version: Version, trailer: Trailer): ThreadDetails {
  const { size, createdAt, updatedAt, expiresAt } = trailer;
  return {
    id,
    version,
    size,
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
  };
}
