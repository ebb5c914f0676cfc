import { ByteBuffer } from "#platform";
import { TEXT_PARTS } from "../encoding/text-parts.ts";
import { invalidParts, textPartsOf } from "../encoding/thread-json.ts";
import {
  checkThreadSize,
  checkThreadText,
  checkWellFormed,
  stringifyThread,
  type ThreadArgumentName,
} from "../validation/thread.ts";
import type { ThreadArgument } from "./thread-store-decorator.ts";

/**
 * Captures the thread passed to `save`, so that later changes by the caller have no effect. An object is validated and
 * stringified right away. Text and text parts are validated only when they are read, because a decorator that forwards
 * them leaves this to the inner store, which only validates the addition.
 */
export function threadArgument(
  thread: unknown,
  maxThreadBytes: number | undefined,
  argument: ThreadArgumentName = "thread",
): ThreadArgument {
  const readText = (textOf: () => string): ThreadArgument["read"] => {
    let result: ReturnType<ThreadArgument["read"]> | undefined;
    return () => {
      if (result !== undefined) return result;
      const json = textOf();
      checkWellFormed(json, argument);
      checkThreadText(json, argument);
      result = sized(json, maxThreadBytes);
      return result;
    };
  };
  if (typeof thread === "string") {
    return { value: thread, read: readText(() => thread), ...inOnePart(thread) };
  }
  const parts = textPartsOf(thread, argument);
  if (parts !== undefined) {
    if (!parts.every((part) => typeof part === "string")) throw invalidParts(argument);
    const text = (): string => parts.join("");
    return { value: { [TEXT_PARTS]: () => parts }, read: readText(text), text, parts: () => parts };
  }
  const json = stringifyThread(thread, argument);
  return { value: json, read: () => sized(json, maxThreadBytes), ...inOnePart(json) };
}

function inOnePart(json: string): Pick<ThreadArgument, "text" | "parts"> {
  return { text: () => json, parts: () => [json] };
}

function sized(json: string, maxThreadBytes: number | undefined): ReturnType<ThreadArgument["read"]> {
  const size = ByteBuffer.byteLength(json);
  checkThreadSize(size, maxThreadBytes);
  return { json, size };
}
