import { ByteBuffer } from "#platform";
import { checkThreadSize } from "../../validation/thread.ts";
import type { ThreadArgument } from "../thread-store-decorator.ts";
import { isValidAppend, type Outline, outlineOf } from "./outline.ts";
import type { Splice } from "./segment-format.ts";
import type { SegmentedState } from "./segmented-thread.ts";
import { spliceBetween } from "./splice.ts";

/** A thread to save. */
export interface NextThread {
  readonly json: string;
  readonly outline: Outline;
  /** How it differs from the replaced thread, if that is known. */
  readonly splice: Splice | undefined;
}

/** Validates a thread; only what was added to the one that it replaces, if it grew. */
export function nextThread(
  thread: ThreadArgument,
  replaced: SegmentedState<unknown> | undefined,
  maxThreadBytes: number | undefined,
): NextThread {
  if (replaced === undefined) {
    const { json, size } = thread.read();
    return { json, outline: outlineOf(json, size), splice: undefined };
  }
  const json = thread.text();
  const splice = spliceBetween(replaced.json, json);
  const isGrown = isValidAppend(replaced.outline, splice) && splice.text.isWellFormed();
  const size = isGrown ? replaced.outline.size + ByteBuffer.byteLength(splice.text) : thread.read().size;
  checkThreadSize(size, maxThreadBytes);
  return { json, outline: outlineOf(json, size), splice };
}
