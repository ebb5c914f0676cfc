import type { ThreadKey } from "../thread-driver.ts";
import type { SerializedThread, StoredThread, ThreadDetails, Version } from "../thread-store.ts";
import { copyOf } from "../validation/metadata.ts";
import type { CheckedText } from "./checkpoints.ts";
import { type ThreadRecord, threadText } from "./record.ts";
import type { Trailer } from "./trailer.ts";

/** One version of a thread, with the record it came from. */
export interface Snapshot {
  readonly key: ThreadKey;
  readonly version: Version;
  readonly record: ThreadRecord;
  /** What is known of the thread's text, where this process has checked it before it saved it. */
  readonly checked?: CheckedText | undefined;
}

/** What is behind something that a store handed out: text and object are made when first asked for. */
interface Content {
  readonly snapshot: Snapshot;
  json?: string;
  thread?: SerializedThread;
}

/** Makes no object: what a class that extends it adds, it adds to the one that it is given. */
const Given = function (given: object): object {
  return given;
} as unknown as new (given: object) => object;

/**
 * Puts content on an object where nobody else sees it. In a WeakMap it would outlive the object until the next full
 * garbage collection, with everything it holds, at each save.
 */
class Stamp extends Given {
  readonly #content: Content;

  constructor(handedOut: object, content: Content) {
    super(handedOut);
    this.#content = content;
  }

  static contentOf(handedOut: object): Content | undefined {
    return #content in handedOut ? handedOut.#content : undefined;
  }
}

/** The snapshot behind something that a store handed out; `undefined` for a copy of it, or anything else. */
export function snapshotOf(handedOut: object): Snapshot | undefined {
  return Stamp.contentOf(handedOut)?.snapshot;
}

/**
 * What the caller gets of a snapshot. Who only moves text pays for no parse, and what the caller does to the object
 * changes nothing here.
 */
export function storedThread(snapshot: Snapshot): StoredThread {
  const { key, version, record } = snapshot;
  const details = {
    ...threadDetails(key.id, version, record.trailer),
    metadata: copyOf(record.trailer.metadata),
  };
  // What is stamped is the object itself.
  void new Stamp(details, { snapshot });
  return Object.defineProperties(details, accessors) as StoredThread;
}

// One pair for all: getters in a literal are functions of each object, and engines then make it a shape of its own, which
// lives, with all it holds, until the next full garbage collection.
const accessors = {
  json: {
    get(this: object): string {
      const content = ownContent(this);
      content.json ??= threadText(content.snapshot.record);
      return content.json;
    },
    enumerable: true,
    configurable: true,
  },
  thread: {
    get(this: StoredThread): SerializedThread {
      const content = ownContent(this);
      content.thread ??= JSON.parse(this.json) as SerializedThread;
      return content.thread;
    },
    enumerable: true,
    configurable: true,
  },
};

function ownContent(handedOut: object): Content {
  const content = Stamp.contentOf(handedOut);
  if (content === undefined) {
    throw new TypeError(
      "json and thread are read from what a store handed out, not from what inherits them.",
    );
  }
  return content;
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
