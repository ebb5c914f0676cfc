import {
  type CallOptions,
  type Previous,
  type SerializedThread,
  type StoredThread,
  ThreadStoreError,
  type Version,
} from "@threadstore/core";
import { textAfter } from "../format/history-format.ts";
import { firstKept } from "../format/retention.ts";
import { decodeSegments, type Segment } from "../format/segment.ts";
import type { HistoryContext } from "../history-context.ts";
import type { ThreadVersion, VersionedThread } from "../history-store.ts";

/** A thread with its versions. */
export interface LoadedHistory {
  readonly current: StoredThread;
  /** The thread as the inner store contains it. */
  readonly inner: StoredThread;
  /** The segments of its log; empty if it was stored without history and not saved since. */
  readonly segments: readonly Segment[];
  /** The index of the oldest version that is kept: of the segment that leads to it. */
  readonly first: number;
}

/** Loads a thread and its log. Resolves with `undefined` if it does not exist. */
export async function loadHistory(
  { store, innerThread, options: { keep, now } }: HistoryContext,
  id: string,
  { signal, timeoutMs, ...others }: CallOptions,
): Promise<LoadedHistory | undefined> {
  checkNames(others);
  const current = await store.load(id, { signal, timeoutMs });
  if (current === undefined) return undefined;
  const inner = innerThread(current);
  const segments = segmentsIn(current, inner);
  const first = segments.length === 0 ? 0 : firstKept(segments, keep, now());
  return { current, inner, segments, first };
}

function segmentsIn(current: StoredThread, inner: StoredThread): Segment[] {
  // A thread that was stored without history has the same text in both stores.
  if (inner.json === current.json) return [];
  const { segments } = inner.thread;
  return Array.isArray(segments) ? decodeSegments(segments) : [];
}

/** Returns the versions that are kept, the newest first. */
export function versionsOf({ current, segments, first }: LoadedHistory): ThreadVersion[] {
  const { version, updatedAt, size } = current;
  const past = segments.slice(first + 1).flatMap(({ replaced }): ThreadVersion[] => {
    if (replaced === undefined) return [];
    return [
      {
        version: replaced.version,
        updatedAt: new Date(replaced.updatedAt),
        size: replaced.size,
        isCurrent: false,
      },
    ];
  });
  return [...past, { version, updatedAt, size, isCurrent: true }].toReversed();
}

/** Returns a version of the thread; `undefined` if it is not kept. */
export function versionIn(history: LoadedHistory, version: Version): VersionedThread | undefined {
  const { current, segments, first } = history;
  const { id } = current;
  const details = versionsOf(history).find((each) => each.version === version);
  if (details === undefined) return undefined;
  if (details.isCurrent) return versionedThread(id, details, current.json);
  const index = segments.findLastIndex(({ replaced }) => replaced?.version === version);
  return index <= first ? undefined : versionedThread(id, details, textAfter(segments.slice(0, index)));
}

function versionedThread(id: string, details: ThreadVersion, json: string): VersionedThread {
  let thread: SerializedThread | undefined;
  return {
    id,
    ...details,
    json,
    get thread() {
      thread ??= JSON.parse(json) as SerializedThread;
      return thread;
    },
  };
}

/** Returns the version that an argument stands for. Throws `INVALID_ARGUMENT`. */
export function versionArgument(previous: Previous, argument: string): Version {
  const version: unknown = typeof previous === "object" && previous !== null ? previous.version : previous;
  if (typeof version === "string" && version !== "") return version;
  throw new ThreadStoreError(
    "INVALID_ARGUMENT",
    `\`${argument}\` must be a version, or an object that has one. Pass a result of \`versions\`.`,
  );
}

/** Throws `INVALID_ARGUMENT` unless the options of a call are an object. */
export function checkedOptions<Options extends object>(options: Options): Options {
  const value: unknown = options;
  if (typeof value === "object" && value !== null) return options;
  throw new ThreadStoreError("INVALID_ARGUMENT", "The options must be an object. Pass one, or leave it out.");
}

/** Throws `INVALID_ARGUMENT` if there are options with other names than those of the call. */
export function checkNames(others: object): void {
  const [name] = Object.keys(others);
  if (name === undefined) return;
  throw new ThreadStoreError("INVALID_ARGUMENT", `The option \`${name}\` does not exist. Remove it.`);
}
