import type { ThreadKey } from "../thread-driver.ts";
import type {
  SerializedThread,
  StoredThread,
  ThreadDetails,
  ThreadMetadata,
  Version,
} from "../thread-store.ts";
import { corruptRecord } from "../validation/corrupt-record.ts";
import { copyMetadata } from "../validation/metadata.ts";
import {
  type AppendKeys,
  hasAppendKey,
  hashAppendKey,
  joinAppendKeys,
  splitAppendKeys,
} from "./append-keys.ts";
import type { ParsedText } from "./checkpoints.ts";
import { hiddenField } from "./hidden-field.ts";
import { PRESERVED_DETAILS, type PreservedDetails, type PreservedThread } from "./preserved-details.ts";
import { type ThreadRecord, threadText } from "./record.ts";
import type { Trailer } from "./trailer.ts";

/** One version of a thread with its record. */
export interface Snapshot {
  readonly key: ThreadKey;
  readonly version: Version;
  readonly record: ThreadRecord;
  /** What this process learned about the thread's text when it saved it. */
  readonly parsed?: ParsedText | undefined;
}

/** The details of a thread that callers do not see. */
type HiddenDetails = Pick<Trailer, "appendKeys" | "hasFixedExpiry">;

/** The content of a `StoredThread`, whose text and object are created on first access. */
interface Content {
  readonly source: Snapshot | (() => string);
  readonly hidden: HiddenDetails;
  json?: string;
  thread?: SerializedThread;
}

const contentField = hiddenField<Content>();

/** Returns the snapshot of an object that a store returned; `undefined` for a copy of it or any other object. */
export function snapshotOf(stored: object): Snapshot | undefined {
  const source = contentField.read(stored)?.source;
  return typeof source === "object" ? source : undefined;
}

/** Returns whether the thread remembers an append with this key. */
export function knowsAppendKey(stored: object, key: string): boolean {
  return hasAppendKey(appendKeysOf(stored), hashAppendKey(key));
}

/** Returns the append keys of an object that a store or decorator returned. */
function appendKeysOf(stored: object): AppendKeys {
  return contentField.read(stored)?.hidden.appendKeys ?? "";
}

/**
 * Creates the object that callers get for a snapshot. Callers that only use `json` never pay for parsing, and changes
 * to the object do not affect the store.
 */
export function storedThread(snapshot: Snapshot): StoredThread {
  const { key, version, record } = snapshot;
  const details = {
    ...threadDetails(key.id, version, record.trailer),
    metadata: copyMetadata(record.trailer.metadata),
  };
  return withContent(details, snapshot, record.trailer);
}

/** Turns `details`, a new object, into a `StoredThread` whose JSON comes from `source`. */
export function withContent(
  details: ThreadDetails & { readonly metadata: ThreadMetadata },
  source: Content["source"],
  { appendKeys, hasFixedExpiry }: HiddenDetails,
): StoredThread {
  contentField.attach(details, { source, hidden: { appendKeys, hasFixedExpiry } });
  // One by one, because `defineProperties` takes three times as long.
  Object.defineProperty(details, "json", ACCESSORS.json);
  Object.defineProperty(details, "thread", ACCESSORS.thread);
  return Object.defineProperty(details, PRESERVED_DETAILS, ACCESSORS[PRESERVED_DETAILS]) as StoredThread;
}

// Shared by all objects. Getters in a literal are separate functions for each object, so engines create a hidden
// class per object, which stays in memory, with all that it references, until the next full garbage collection.
const ACCESSORS = {
  json: {
    get(this: object): string {
      const content = ownContent(this);
      content.json ??= readText(content.source);
      return content.json;
    },
    enumerable: true,
    configurable: true,
  },
  thread: {
    get(this: StoredThread): SerializedThread {
      const content = ownContent(this);
      content.thread ??= parseThread(this.json);
      return content.thread;
    },
    enumerable: true,
    configurable: true,
  },
  // Not enumerable, because applications neither copy nor log it.
  [PRESERVED_DETAILS]: {
    get(this: StoredThread): PreservedDetails {
      const { createdAt, updatedAt, expiresAt } = this;
      const { hasFixedExpiry, appendKeys } = ownContent(this).hidden;
      return { createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys: splitAppendKeys(appendKeys) };
    },
  },
};

/**
 * Returns the details to preserve in a copy of the thread. If another implementation of stores does not have them, an
 * expiry counts as fixed.
 */
export function preservedDetailsOf(stored: PreservedThread): PreservedDetails {
  const { createdAt, updatedAt, expiresAt } = stored;
  const hasFixedExpiry = expiresAt !== undefined;
  return stored[PRESERVED_DETAILS] ?? { createdAt, updatedAt, expiresAt, hasFixedExpiry, appendKeys: [] };
}

/** Returns the hidden details of a thread, for one that a decorator returns instead of it. */
export function hiddenDetailsOf(stored: StoredThread): HiddenDetails {
  const { hasFixedExpiry, appendKeys } = preservedDetailsOf(stored);
  return { hasFixedExpiry, appendKeys: joinAppendKeys(appendKeys) };
}

/** Text that is not a thread has a valid checksum only if another program wrote the record. */
function parseThread(json: string): SerializedThread {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as SerializedThread;
  } catch {
    // The engine's message quotes the text.
  }
  throw corruptRecord("its thread is not a JSON object");
}

function readText(source: Content["source"]): string {
  return typeof source === "function" ? source() : (source.parsed?.text ?? threadText(source.record));
}

function ownContent(stored: object): Content {
  const content = contentField.read(stored);
  if (content === undefined) {
    throw new TypeError(
      "`json` and `thread` must be read from the object that a store returned, not from one that inherits from it.",
    );
  }
  return content;
}

/** Returns the details in a trailer as new objects that belong to the caller. */
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
