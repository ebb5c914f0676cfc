import type { JsonValue } from "@threadstore/core";
import { copyJson, unexpected, type JsonObject } from "../thread/json.ts";
import { checkFormat, checkVersion, readObject } from "../thread/thread-format.ts";
import type { RepairableKind, Wire } from "./draft.ts";
import type { Mender } from "./mender.ts";
import { reportMalformedText } from "./text.ts";

export interface DamagedThread {
  readonly thread: JsonObject;
  readonly list: readonly JsonValue[];
  readonly wire: Wire;
}

/** A copy of a thread whose messages may be damaged. What is no thread of ours has nothing to be mended, and throws. */
export function readDamagedThread(
  value: unknown,
  kinds: readonly RepairableKind[],
  mender: Mender,
): DamagedThread {
  const source = readObject(isLive(value) ? value.toJSON() : value);
  const thread = copyJson(source, { code: "THREAD_INVALID", mendText: true }) as JsonObject;
  const { format, kind, version, messages: list } = thread;
  checkFormat(format);
  const found = kinds.find((each) => each.kind === kind);
  if (found === undefined) {
    const names = kinds.map((each) => JSON.stringify(each.kind)).join(" or ");
    throw unexpected("THREAD_INVALID", "$.kind", names, kind);
  }
  checkVersion(version, found.version);
  if (!Array.isArray(list)) throw unexpected("THREAD_INVALID", "$.messages", "an array of messages", list);
  reportMalformedText(source, mender);
  return { thread, list, wire: found.wire };
}

/** Whether it is a thread of an agent, and not yet serialized. JSON has no functions. */
function isLive(value: unknown): value is { toJSON(): unknown } {
  return (
    typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function"
  );
}
