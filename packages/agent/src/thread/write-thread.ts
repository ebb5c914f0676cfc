import type { JsonValue, SerializedThread } from "@threadstore/core";
import { type JsonObject, TEXT_PARTS, THREAD_FORMAT } from "@threadstore/core/documents";
import { deepFreeze } from "../json.ts";
import type { MessageList } from "./message-list.ts";
import type { ThreadFrame } from "./thread-content.ts";
import { writeKeys } from "./turn-key.ts";
import { writeTurn } from "./turn-record.ts";
import { writeUnaccepted } from "./unaccepted.ts";

interface Kind {
  readonly kind: string;
  readonly version: number;
}

/**
 * Returns the thread as an object that stores can save from its encoded parts. It is frozen, so the parts stay true.
 * docs/thread-format.md specifies the format.
 *
 * The members that change with each turn come last, and of those the messages first: a growing conversation keeps a
 * long unchanged beginning, which stores do not write again.
 */
export function serializeThread(kind: Kind, frame: ThreadFrame, list: MessageList<object>): SerializedThread {
  const messages = list.messages as unknown as JsonValue;
  const document: SerializedThread = { ...writeBeginning(kind, frame), messages, ...writeEnd(frame) };
  Object.defineProperty(document, TEXT_PARTS, { value: () => writeParts(kind, frame, list) });
  return deepFreeze(document);
}

/** Returns the JSON text of the thread in parts. Encodes only messages that have not been encoded before. */
function writeParts(kind: Kind, frame: ThreadFrame, list: MessageList<object>): readonly string[] {
  const beginning = JSON.stringify(writeBeginning(kind, frame)).slice(0, -1);
  const end = Object.entries(writeEnd(frame))
    .map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join("");
  // Copies the memory of the array. A spread in the middle of a literal takes ten times as long.
  return [`${beginning},"messages":[`].concat(list.encode(), [`]${end}}`]);
}

function writeBeginning({ kind, version }: Kind, { agent, extra }: ThreadFrame): JsonObject {
  return { format: THREAD_FORMAT, version, kind, agent, ...extra };
}

function writeEnd({ state, service, unaccepted, keys, turn }: ThreadFrame): JsonObject {
  return {
    ...(Object.keys(state).length === 0 ? {} : { state }),
    ...(service === undefined ? {} : { service }),
    ...(unaccepted.length === 0 ? {} : { unaccepted: writeUnaccepted(unaccepted) }),
    ...(keys.length === 0 ? {} : { keys: writeKeys(keys) }),
    ...(turn === undefined ? {} : { turn: writeTurn(turn) }),
  };
}
