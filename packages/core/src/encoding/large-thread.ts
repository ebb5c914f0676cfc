import { ByteBuffer } from "#platform";
import { isJson } from "../validation/thread.ts";
import { type Checkpoint, findCheckpoints, resumedText, textBetween } from "./checkpoints.ts";
import { countElementParts } from "./element-parts.ts";
import type { Snapshot } from "./snapshot.ts";
import type { CheckedThread, GivenThread } from "./thread-json.ts";

/** Parsing a text of this length takes about as long as the event loop may be blocked. */
const LARGE_LENGTH = 2_097_152;
/** Parsed at once: some milliseconds. */
const SLICE_BYTES = 524_288;
const SLICE_PARTS = 64;

/**
 * Returns whether the thread is too large to be parsed and encoded without yielding to the event loop. That is not so for
 * text and parts if `replaced` was saved by this process in the same form, because only what follows the common beginning
 * is parsed then. The JSON of an object was created before the call returned, because its caller may then change it.
 */
export function isLarge(given: GivenThread, replaced: Pick<Snapshot, "parsed"> | undefined): boolean {
  if ("json" in given) return given.json.length >= LARGE_LENGTH;
  if (replaced?.parsed !== undefined) return false;
  if ("text" in given) return given.text.length >= LARGE_LENGTH;
  let length = 0;
  for (const part of given.parts) if (typeof part === "string") length += part.length;
  return length >= LARGE_LENGTH;
}

/**
 * Checks a large thread in slices, and calls `pause` after each. What is not proven to be valid is left to `givenJson`, which
 * creates the errors.
 */
export async function checkInSlices(
  given: GivenThread,
  pause: () => Promise<void>,
  sliceBytes: number = SLICE_BYTES,
): Promise<CheckedThread> {
  if ("text" in given) return checkText(given.text, pause, sliceBytes);
  return "parts" in given ? checkParts(given.parts, pause) : {};
}

async function checkText(
  text: string,
  pause: () => Promise<void>,
  sliceBytes: number,
): Promise<CheckedThread> {
  if (!text.isWellFormed()) return {};
  const bytes = ByteBuffer.from(text);
  let checkpoints: readonly Checkpoint[] = [];
  for (let length = sliceBytes; ;) {
    await pause();
    const last = checkpoints.at(-1);
    const start = last?.offset ?? 0;
    const slice = bytes.subarray(start, start + length);
    const found = start + length < bytes.length ? findCheckpoints(slice, checkpoints) : checkpoints;
    const next = found.at(-1);
    if (start + length >= bytes.length) {
      const isValid = last !== undefined && isJson(resumedText(last, slice));
      return isValid ? { text: { bytes, checkpoints: findCheckpoints(slice, checkpoints) } } : {};
    }
    // A single value that is longer than a slice.
    if (next === undefined || next === last) length *= 2;
    else {
      if (!isJson(textBetween(last, slice.subarray(0, next.offset - start), next))) return {};
      checkpoints = found;
      length = sliceBytes;
    }
  }
}

async function checkParts(given: readonly unknown[], pause: () => Promise<void>): Promise<CheckedThread> {
  if (!given.every((part) => typeof part === "string" && part.isWellFormed())) return {};
  const parts = given as readonly string[];
  let length = 0;
  for (let start = 0; start < parts.length; start += SLICE_PARTS) {
    await pause();
    for (const part of parts.slice(start, start + SLICE_PARTS)) length += ByteBuffer.byteLength(part);
  }
  const bytes = ByteBuffer.allocUnsafeSlow(length);
  let written = 0;
  let elements = 0;
  for (let start = 0; start < parts.length; start += SLICE_PARTS) {
    await pause();
    const end = Math.min(start + SLICE_PARTS, parts.length);
    for (const part of parts.slice(start, end)) written += bytes.write(part, written);
    if (elements === start) elements = countElementParts(parts, elements, end);
  }
  return { parts: { bytes, elements } };
}
