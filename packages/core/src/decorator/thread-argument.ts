import { hasTextParts, TEXT_PARTS } from "../encoding/text-parts.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { checkThreadSize, checkThreadText, checkWellFormed, stringifyThread } from "../validation/thread.ts";
import type { ThreadArgument } from "./thread-store-decorator.ts";

/**
 * Captures the thread passed to `save`, so that later changes by the caller have no effect. An object is validated
 * and stringified right away. Text and text parts are validated only when they are read, because a decorator that
 * passes them on leaves that to the inner store, which only validates what was added.
 */
export function threadArgument(thread: unknown, maxThreadBytes: number | undefined): ThreadArgument {
  if (hasTextParts(thread)) {
    const parts = copyParts(thread[TEXT_PARTS]());
    return {
      value: { [TEXT_PARTS]: () => parts },
      read: () => readText(parts.join(""), maxThreadBytes),
    };
  }
  if (typeof thread === "string") return { value: thread, read: () => readText(thread, maxThreadBytes) };
  const json = stringifyThread(thread);
  return { value: json, read: () => sized(json, maxThreadBytes) };
}

function copyParts(parts: unknown): readonly string[] {
  if (Array.isArray(parts) && parts.length > 0 && parts.every((part) => typeof part === "string")) {
    return [...parts];
  }
  throw invalidArgument("The text parts of a thread must be a non-empty array of strings.");
}

function readText(json: string, maxThreadBytes: number | undefined): ReturnType<ThreadArgument["read"]> {
  checkWellFormed(json);
  checkThreadText(json);
  return sized(json, maxThreadBytes);
}

function sized(json: string, maxThreadBytes: number | undefined): ReturnType<ThreadArgument["read"]> {
  const size = Buffer.byteLength(json);
  checkThreadSize(size, maxThreadBytes);
  return { json, size };
}
