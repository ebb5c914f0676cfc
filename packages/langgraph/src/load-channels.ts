import type { JsonValue, StoredThread, ThreadStore } from "@threadstore/core";
import type { Channel, Content, Piece } from "./channel.ts";
import { channelPath, type KnownCheckpoint } from "./checkpoint.ts";
import { readDocument } from "./documents.ts";
import { invalidValue, LangGraphStoreError } from "./errors.ts";
import { joinArrays, readSerialized } from "./serialized.ts";

/** Loads records of a thread, each of them once as long as they fit into memory. */
export type RecordLoader = (recordId: string) => Promise<StoredThread | undefined>;

/** The maximum size of all records that a loader remembers, in bytes. */
const MAX_LOADED_BYTES = 64 * 2 ** 20;

interface RecordLoad {
  readonly stored: Promise<StoredThread | undefined>;
  readonly size: number;
}

export function recordLoader(records: ThreadStore, maxBytes: number = MAX_LOADED_BYTES): RecordLoader {
  // In the order of their last use. The size of a pending load is 0.
  const loads = new Map<string, RecordLoad>();
  let total = 0;

  async function loadNow(recordId: string): Promise<StoredThread | undefined> {
    const stored = await records.load(recordId);
    const load = loads.get(recordId);
    if (stored === undefined || load === undefined) return stored;
    total += stored.size;
    loads.set(recordId, { ...load, size: stored.size });
    for (const [oldest, { size }] of loads) {
      if (total <= maxBytes) break;
      total -= size;
      if (size > 0) loads.delete(oldest);
    }
    return stored;
  }

  return (recordId) => {
    const load = loads.get(recordId) ?? { stored: loadNow(recordId), size: 0 };
    loads.delete(recordId);
    loads.set(recordId, load);
    return load.stored;
  };
}

/** Loads the values of channels into `contents` of the checkpoint. The default is all channels. */
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
