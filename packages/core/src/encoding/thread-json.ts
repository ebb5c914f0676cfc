import type { ThreadStoreError } from "../errors.ts";
import { invalidArgument } from "../validation/invalid-argument.ts";
import { findJsonOffence } from "../validation/strict-json.ts";
import { type CheckedText, marksOf, marksWithin, noParts, textFrom, type TextParts } from "./checkpoints.ts";
import { equalLength, type GrownJson, threadBytes } from "./record.ts";
import { Scratch } from "./scratch-buffer.ts";
import type { Snapshot } from "./snapshot.ts";

/** A record of the thread, which the one to be saved may go on from. */
type Known = Pick<Snapshot, "record" | "checked">;

/** The JSON of a thread, as far as it differs from one that is known. Valid until the next is made. */
export interface ThreadJson extends GrownJson {
  readonly checked?: CheckedText | undefined;
}

type Marks = CheckedText["marks"];

const scratch = new Scratch();

/**
 * The JSON of a thread given as an object, or as text, whole or in parts, which is kept as it is. Throws
 * `INVALID_ARGUMENT` for anything that would not come back as it was given. Of text that begins like `known`, only
 * the rest is parsed; of parts that were parts of `known`, nothing is read.
 */
export function threadJson(thread: unknown, known?: Known): ThreadJson {
  if (typeof thread === "string") return fromText(thread, known);
  if (Array.isArray(thread)) return fromParts(thread, known);
  const text = objectText(thread);
  return { kept: 0, rest: scratch.encode(text), text };
}

function objectText(thread: unknown): string {
  if (typeof thread !== "object" || thread === null) throw notAThread(describe(thread));
  const offence = findJsonOffence(thread);
  if (offence !== undefined) {
    throw invalidArgument(`The thread cannot be kept as JSON: ${offence.path} is ${offence.reason}.`);
  }
  try {
    return JSON.stringify(thread);
  } catch (cause) {
    // Only the engine's depth limit is left: every value was looked at above.
    throw invalidArgument(
      "The thread is nested too deeply to be written as JSON. Flatten it, or save its text.",
      cause,
    );
  }
}

function notAThread(what: string): ThreadStoreError {
  return invalidArgument(`A thread is a JSON object or its text, which may be in parts, not ${what}.`);
}

function fromText(text: string, known: Known | undefined): ThreadJson {
  // All of it: in UTF-8 a lone surrogate looks like the U+FFFD that may have been in its place.
  if (!text.isWellFormed()) {
    throw invalidArgument(
      "The thread's text has a lone surrogate, which UTF-8 cannot hold. Escape it as \\ud800.",
    );
  }
  const bytes = scratch.encode(text);
  const kept = known === undefined ? 0 : equalLength(bytes, known.record, 0);
  const grown = { kept, rest: bytes.subarray(kept), text };
  const marks = checkedMarks(grown, known, () => text);
  return { ...grown, checked: { marks, parts: noParts } };
}

function fromParts(given: readonly unknown[], known: Known | undefined): ThreadJson {
  const before = known?.checked?.parts ?? noParts;
  const count = equalParts(given, before.strings);
  const added = given.slice(count);
  if (given.length === 0) throw notAThread("an empty array");
  if (!added.every((part) => typeof part === "string"))
    throw notAThread("an array of other things than strings");
  // The halves of a character may be in two parts.
  if (!added.every((part) => part.isWellFormed())) {
    return fromText(before.strings.slice(0, count).concat(added).join(""), known);
  }
  const parts = { strings: given.slice() as readonly string[], ends: endsOf(before, count, added) };
  const grown = { kept: parts.ends[count - 1] ?? 0, rest: Buffer.from(added.join("")) };
  const marks = checkedMarks(grown, known, () => parts.strings.join(""));
  return { ...grown, checked: { marks, parts } };
}

function equalParts(given: readonly unknown[], before: readonly string[]): number {
  let count = 0;
  while (count < before.length && given[count] === before[count]) count += 1;
  return count;
}

function endsOf(before: TextParts, count: number, added: readonly string[]): readonly number[] {
  let end = before.ends[count - 1] ?? 0;
  const ends = added.map((part) => (end += Buffer.byteLength(part)));
  return before.ends.slice(0, count).concat(ends);
}

/** Throws `INVALID_ARGUMENT` unless it is a JSON object. */
function checkedMarks({ kept, rest }: GrownJson, known: Known | undefined, whole: () => string): Marks {
  if (known?.checked !== undefined) {
    const marks = marksWithin(known.checked.marks, kept);
    const mark = marks.at(-1);
    if (mark !== undefined) {
      const bytes = Buffer.concat([threadBytes(known.record, mark.at, kept), rest]);
      if (isJson(textFrom(mark, bytes))) return marksOf(bytes, marks);
    }
  }
  const text = whole();
  checkWhole(text);
  return marksOf(kept === 0 ? rest : Buffer.from(text));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // The whole text will tell where.
    return false;
  }
}

function checkWhole(text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The engine's own message quotes the thread, so only the place is passed on, and no cause.
    const place = error instanceof Error ? (/ at position \d+/u.exec(error.message)?.[0] ?? "") : "";
    throw invalidArgument(
      `The thread's text is not JSON${place}. Pass what JSON.stringify made, or the object itself.`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument(`The thread's text is JSON, but ${describe(value)} and not an object.`);
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
