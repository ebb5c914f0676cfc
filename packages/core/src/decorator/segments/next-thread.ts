import { ByteBuffer } from "#platform";
import { checkThreadSize } from "../../validation/thread.ts";
import type { ThreadArgument } from "../thread-store-decorator.ts";
import { type JsonParts, jsonParts, spliceBetweenParts } from "./json-parts.ts";
import { grownOutline, isValidAppend, type Outline, outlineOf } from "./outline.ts";
import type { Splice } from "./segment-format.ts";
import type { SegmentedState } from "./segmented-thread.ts";

/** A thread to save. */
export interface NextThread {
  readonly json: JsonParts;
  readonly outline: Outline;
  /** How it differs from the replaced thread, if that is known. */
  readonly splice: Splice | undefined;
}

/** Validates a thread. If it extends the thread that it replaces, only the added part is validated. */
export function nextThread(
  thread: ThreadArgument,
  replaced: SegmentedState<unknown> | undefined,
  maxThreadBytes: number | undefined,
): NextThread {
  const json = jsonParts(thread.parts());
  const splice = replaced && spliceBetweenParts(replaced.json, json);
  if (replaced === undefined || splice === undefined || !isGrown(replaced, splice)) {
    const whole = thread.read();
    checkThreadSize(whole.size, maxThreadBytes);
    return { json, outline: outlineOf(whole.json, whole.size), splice };
  }
  const outline = grownOutline(replaced.outline, splice, ByteBuffer.byteLength(splice.text));
  checkThreadSize(outline.size, maxThreadBytes);
  return { json, outline, splice };
}

function isGrown({ outline }: SegmentedState<unknown>, splice: Splice): boolean {
  return isValidAppend(outline, splice) && splice.text.isWellFormed();
}
