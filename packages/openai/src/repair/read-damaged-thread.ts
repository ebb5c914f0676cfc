import type { JsonValue } from "@threadstore/core";
import { chatThreadKind } from "../chat/chat-thread.ts";
import { copyJson, unexpected, type JsonObject } from "../thread/json.ts";
import { checkFormat, checkVersion, readObject } from "../thread/thread-format.ts";
import type { Mender } from "./mender.ts";
import { reportMalformedText } from "./text.ts";

/** A copy of a thread whose messages may be damaged. What is no thread of ours has nothing to be mended, and throws. */
export function readDamagedThread(
  value: unknown,
  mender: Mender,
): { readonly thread: JsonObject; readonly list: readonly JsonValue[] } {
  const source = readObject(value);
  const thread = copyJson(source, { code: "THREAD_INVALID", mendText: true }) as JsonObject;
  const { format, kind, version, messages: list } = thread;
  checkFormat(format);
  if (kind !== chatThreadKind.kind) throw unexpected("THREAD_INVALID", "$.kind", '"chat"', kind);
  checkVersion(version, chatThreadKind.version);
  if (!Array.isArray(list)) throw unexpected("THREAD_INVALID", "$.messages", "an array of messages", list);
  reportMalformedText(source, mender);
  return { thread, list };
}
