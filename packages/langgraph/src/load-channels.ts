import type { JsonValue, StoredThread, ThreadStore } from "@threadstore/core";
import type { Channel, Content, Piece } from "./channel.ts";
import { channelPath, type KnownCheckpoint } from "./checkpoint.ts";
import { readDocument } from "./documents.ts";
import { invalidValue, LangGraphStoreError } from "./errors.ts";
import { joinArrays, readSerialized } from "./serialized.ts";

/** Loads records of a thread, those that were used last only once. */
export type RecordLoader = (recordId: string) => Promise<StoredThread | undefined>;

/** How many records a loader remembers. A list has records of 256 KiB, which neighboring checkpoints share. */
const MAX_LOADS = 64;

export function recordLoader(records: ThreadStore): RecordLoader {
  // In the order of their last use.
  const loads = new Map<string, Promise<StoredThread | undefined>>();
  return (recordId) => {
    const load = loads.get(recordId) ?? records.load(recordId);
    loads.delete(recordId);
    loads.set(recordId, load);
    for (const [oldest] of loads) {
      if (loads.size <= MAX_LOADS) break;
      loads.delete(oldest);
    }
    return load;
  };
}

/** Loads the values of channels, by default of all of them, into `checkpoint.contents`. */
export async function loadContents(
  load: RecordLoader,
  { channels, contents }: KnownCheckpoint,
  names: Iterable<string> = channels.keys(),
): Promise<void> {
  await Promise.all(
    [...names].map(async (name) => {
      const channel = channels.get(name);
      if (channel === undefined || contents.has(name)) return;
      contents.set(name, await loadContent(load, channel, channelPath(name)));
    }),
  );
}

async function loadContent(load: RecordLoader, { location }: Channel, path: string): Promise<Content> {
  if (location.kind === "checkpoint") return { value: location.value };
  if (location.kind === "list") return loadList(load, location.pieces, location.tail, path);
  const stored = await loadExisting(load, location.recordId, path);
  return { value: readSerialized(readDocument(stored, "langgraph-value"), "$") };
}

async function loadList(
  load: RecordLoader,
  pieces: readonly Piece[],
  tail: string,
  path: string,
): Promise<Content> {
  const loaded = await Promise.all(
    pieces.map(async ({ recordId, count }) => {
      const stored = await loadExisting(load, recordId, path);
      const items = itemsOf(stored);
      if (items.length >= count) return { stored, items, count };
      throw invalidValue("THREAD_INVALID", path, `a list whose record has at least ${count} elements`);
    }),
  );
  const elements = loaded.flatMap(({ items, count }) => items.slice(0, count));
  const data = joinArrays(JSON.stringify(elements), tail);
  const last = loaded.at(-1);
  // If another checkpoint has appended to the record, the list cannot continue in it.
  const isAppendable = last !== undefined && last.items.length === last.count;
  const appendable = isAppendable ? { version: last.stored.version, size: last.stored.size } : undefined;
  return { value: { type: "json", data }, appendable };
}

function itemsOf(stored: StoredThread): readonly JsonValue[] {
  const { items } = readDocument(stored, "langgraph-list");
  if (Array.isArray(items)) return items;
  throw invalidValue("THREAD_INVALID", "$.items", "an array", items);
}

async function loadExisting(load: RecordLoader, recordId: string, path: string): Promise<StoredThread> {
  const stored = await load(recordId);
  if (stored !== undefined) return stored;
  const message = `The record with the value of \`${path}\` does not exist. Continue from another checkpoint.`;
  throw new LangGraphStoreError("THREAD_INVALID", message, { path });
}
