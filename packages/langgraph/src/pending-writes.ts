import {
  type CheckpointPendingWrite,
  compareWritesSortKeys,
  type PendingWrite,
  type SerializerProtocol,
  WRITES_IDX_MAP,
  writesSortKey,
} from "@langchain/langgraph-checkpoint";
import type { JsonValue, SaveOptions, StoredThread, ThreadStore } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";
import { checkText } from "./config.ts";
import { documentText, readDocument, stringMember } from "./documents.ts";
import { invalidValue } from "./errors.ts";
import { deserialize, readSerialized, serialize, type Serialized, serializedMembers } from "./serialized.ts";

/** A pending write as it is stored. */
export interface StoredWrite {
  readonly task: string;
  readonly index: number;
  readonly channel: string;
  readonly path: string;
  readonly value: Serialized;
}

const EMPTY_WRITES: string = documentText("langgraph-writes", [`"writes":[]`]);

/** The pending writes of a task. */
export interface TaskWrites {
  readonly writes: readonly PendingWrite[];
  readonly taskId: string;
  readonly taskPath: string;
}

/** Appends the writes of a task to those of a checkpoint, in one atomic step. Tasks can append at the same time. */
export async function appendWrites(
  records: ThreadStore,
  recordId: string,
  { writes, taskId, taskPath }: TaskWrites,
  serde: SerializerProtocol,
  options: Pick<SaveOptions, "expiresAt">,
): Promise<void> {
  const task = checkText(taskId, "taskId");
  const path = checkText(taskPath, "taskPath");
  const elements = await Promise.all(
    writes.map(async ([name, value], position): Promise<unknown> => {
      const channel = checkText(name, `writes[${position}][0]`);
      // The writes of errors and interrupts have negative indexes, and replace earlier ones of the same task.
      const index =
        (Object.hasOwn(WRITES_IDX_MAP, channel) ? WRITES_IDX_MAP[channel] : undefined) ?? position;
      const members = serializedMembers(await serialize(serde, value));
      return { task, index, channel, ...(path === "" ? {} : { path }), ...parseMembers(members) };
    }),
  );
  if (elements.length === 0) return;
  await records.append(recordId, elements, { create: EMPTY_WRITES, ...options });
}

function parseMembers(members: string): object {
  return JSON.parse(`{${members}}`) as object;
}

/** Reads the pending writes of a checkpoint, in the order in which a run applies them. */
export function readWrites(stored: StoredThread): StoredWrite[] {
  const { writes } = readDocument(stored, "langgraph-writes");
  if (!Array.isArray(writes)) throw invalidValue("THREAD_INVALID", "$.writes", "an array", writes);
  const byIndex = new Map<string, StoredWrite>();
  for (const [position, element] of writes.entries()) {
    const write = readWrite(element, `$.writes[${position}]`);
    const key = `${write.index} ${write.task}`;
    // A task that runs again must not change its earlier writes.
    if (write.index < 0 || !byIndex.has(key)) byIndex.set(key, write);
  }
  return [...byIndex.values()].toSorted((a, b) =>
    compareWritesSortKeys(writesSortKey(a.path, a.task, a.index), writesSortKey(b.path, b.task, b.index)),
  );
}

export function loadWrite(serde: SerializerProtocol, write: StoredWrite): Promise<CheckpointPendingWrite> {
  return deserialize(serde, write.value).then((value) => [write.task, write.channel, value]);
}

function readWrite(element: JsonValue, path: string): StoredWrite {
  if (!isJsonObject(element)) throw invalidValue("THREAD_INVALID", path, "an object", element);
  const { index } = element;
  if (typeof index !== "number") throw invalidValue("THREAD_INVALID", `${path}.index`, "a number", index);
  return {
    index,
    task: stringMember(element, "task", path),
    channel: stringMember(element, "channel", path),
    path: element["path"] === undefined ? "" : stringMember(element, "path", path),
    value: readSerialized(element, path),
  };
}
