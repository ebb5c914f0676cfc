import type { SerializerProtocol } from "@langchain/langgraph-checkpoint";
import { type JsonValue, type SaveOptions, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import type { AppendableRecord, Content, Location, Piece } from "./channel.ts";
import { documentText } from "./documents.ts";
import { newDataRecordId } from "./keys.ts";
import {
  deserialize,
  elementsAfter,
  elementsOf,
  serialize,
  type Serialized,
  serializedMembers,
} from "./serialized.ts";

/**
 * The longest value in a checkpoint, in characters of JSON or bytes. A longer one has a separate record, to which later
 * checkpoints refer.
 */
const MAX_VALUE_IN_CHECKPOINT = 1024;
/**
 * The maximum length of the last elements of a list that stay in the checkpoint, which saves a request for each one.
 */
const MAX_TAIL = 4096;
/**
 * The size at which a list continues in another record, in bytes. Far below the size limit of stores, and small enough
 * for S3, where an append writes the whole record.
 */
const MAX_PIECE_SIZE = 256 * 1024;

/** The dependencies of storing a value. */
export interface Storing {
  readonly records: ThreadStore;
  readonly serde: SerializerProtocol;
  readonly options: Pick<SaveOptions, "expiresAt">;
}

/** A channel's value and its location. */
export interface StoredChannel {
  readonly location: Location;
  readonly content: Content;
}

/**
 * Stores the value of a channel. If it is a list that begins with the list in `previous`, only the new elements are
 * stored. Small values are not written here but become part of the checkpoint.
 */
export async function storeChannel(
  storing: Storing,
  value: unknown,
  previous: StoredChannel | undefined,
): Promise<StoredChannel> {
  const serialized = await serialize(storing.serde, value);
  const { data } = serialized;
  if (typeof data === "string" && data.startsWith("[")) {
    return { ...(await storeList(storing, data, previous)) };
  }
  const content = { value: serialized };
  if (data.length <= MAX_VALUE_IN_CHECKPOINT) {
    return { location: { kind: "checkpoint", value: serialized }, content };
  }
  const recordId = newDataRecordId();
  const text = documentText("langgraph-value", [serializedMembers(serialized)]);
  await storing.records.save(recordId, text, storing.options);
  return { location: { kind: "record", recordId }, content };
}

async function storeList(
  storing: Storing,
  array: string,
  previous: StoredChannel | undefined,
): Promise<StoredChannel> {
  const value: Serialized = { type: "json", data: array };
  const added = await addedElements(storing, array, previous);
  const start = added === undefined || previous?.location.kind !== "list" ? undefined : previous;
  const pieces = start?.location.kind === "list" ? start.location.pieces : [];
  const tail = added ?? array;
  const appendable = start?.content.appendable;
  if (tail.length <= MAX_TAIL) {
    return { location: { kind: "list", pieces, tail }, content: { value, appendable } };
  }
  const elements = elementsOf(tail);
  const stored =
    (await appendElements(storing, pieces, elements, tail.length, appendable)) ??
    (await saveElements(storing, pieces, elements));
  const location: Location = { kind: "list", pieces: stored.pieces, tail: "[]" };
  return { location, content: { value, appendable: stored.appendable } };
}

/**
 * Returns the elements that follow those in the pieces of the previous list; `undefined` if the list does not begin
 * with those. Objects can serialize differently after they have been loaded, so this compares with that form, too.
 */
async function addedElements(
  { serde }: Storing,
  array: string,
  previous: StoredChannel | undefined,
): Promise<string | undefined> {
  if (previous?.location.kind !== "list" || previous.location.pieces.length === 0) return undefined;
  const stored = elementsInPieces(previous.location.tail, previous.content.value);
  if (stored === undefined) return undefined;
  const added = elementsAfter(stored, array);
  if (added !== undefined) return added;
  const { data } = await serialize(serde, await deserialize(serde, { type: "json", data: stored }));
  return typeof data === "string" ? elementsAfter(data, array) : undefined;
}

/** Returns the array of the elements of a list without those of its tail. */
function elementsInPieces(tail: string, { data }: Serialized): string | undefined {
  if (typeof data !== "string") return undefined;
  return tail === "[]" ? data : `${data.slice(0, data.length - tail.length)}]`;
}

interface StoredPieces {
  readonly pieces: readonly Piece[];
  readonly appendable: AppendableRecord;
}

/** Appends to the record of the last piece; `undefined` if it is full, or if another checkpoint has appended to it. */
async function appendElements(
  { records, options }: Storing,
  pieces: readonly Piece[],
  elements: readonly JsonValue[],
  length: number,
  appendable: AppendableRecord | undefined,
): Promise<StoredPieces | undefined> {
  const last = pieces.at(-1);
  if (last === undefined || appendable === undefined) return undefined;
  if (appendable.size + length > MAX_PIECE_SIZE) return undefined;
  try {
    const { version, size } = await records.append(last.recordId, elements, {
      ...options,
      previous: appendable.version,
    });
    const piece: Piece = { recordId: last.recordId, count: last.count + elements.length };
    return { pieces: [...pieces.slice(0, -1), piece], appendable: { version, size } };
  } catch (error) {
    if (ThreadStoreError.is(error, "CONFLICT") || ThreadStoreError.is(error, "TOO_LARGE")) return undefined;
    throw error;
  }
}

/** Saves elements in new records. */
async function saveElements(
  { records, options }: Storing,
  pieces: readonly Piece[],
  elements: readonly JsonValue[],
): Promise<StoredPieces> {
  const groups = groupsOf(elements.map((element) => JSON.stringify(element)));
  const saved = await Promise.all(
    groups.map(async (group) => {
      const recordId = newDataRecordId();
      const text = documentText("langgraph-list", [`"items":[${group.join(",")}]`]);
      const { version, size } = await records.save(recordId, text, options);
      return { piece: { recordId, count: group.length }, appendable: { version, size } };
    }),
  );
  const last = saved.at(-1);
  if (last === undefined) throw new RangeError("There are no elements to save.");
  return { pieces: [...pieces, ...saved.map(({ piece }) => piece)], appendable: last.appendable };
}

/** Divides elements into groups that each fit into a record. */
function groupsOf(texts: readonly string[]): string[][] {
  const groups: string[][] = [];
  let length = Infinity;
  for (const text of texts) {
    if (length + text.length > MAX_PIECE_SIZE) {
      groups.push([]);
      length = 0;
    }
    groups.at(-1)?.push(text);
    length += text.length;
  }
  return groups;
}
