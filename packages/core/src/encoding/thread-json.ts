import { ByteBuffer } from "#platform";
import type { ThreadStoreError } from "../errors.ts";
import type { Bytes } from "../platform/platform.ts";
import { invalidArgument, readArgument } from "../validation/invalid-argument.ts";
import {
  checkThreadText,
  checkWellFormed,
  isJson,
  stringifyThread,
  THREAD_SUBJECTS,
  type ThreadArgumentName,
} from "../validation/thread.ts";
import { checkpointsWithin, findCheckpoints, NO_PARTS, type ParsedText, resumedText } from "./checkpoints.ts";
import { commonText, LONG_TEXT } from "./common-text.ts";
import { countElementParts, endsObject } from "./element-parts.ts";
import { commonThreadPrefix, type IncrementalJson, threadBytes } from "./record.ts";
import { ScratchBuffer } from "./scratch-buffer.ts";
import type { Snapshot } from "./snapshot.ts";
import { hasTextParts, TEXT_PARTS } from "./text-parts.ts";

/** The version of the thread that the JSON is relative to. */
type ReplacedVersion = Pick<Snapshot, "record" | "parsed">;

/** The JSON of a thread, relative to the version that it replaces. Valid until the next thread is encoded. */
export interface ThreadJson extends IncrementalJson {
  readonly parsed?: ParsedText | undefined;
}

const scratchBuffer = new ScratchBuffer();

/** A thread as a caller gave it: its text, a copy of its parts, or the JSON of an object. None of them changes later. */
export type GivenThread =
  | { readonly text: string }
  | { readonly parts: readonly unknown[] }
  | { readonly json: string };

/** What is already known of a given thread. */
export interface CheckedThread {
  /** The text in UTF-8, in memory that nothing else uses, and its checkpoints. It is a JSON object. */
  readonly text?: { readonly bytes: Bytes; readonly checkpoints: ParsedText["checkpoints"] };
  /** All parts in UTF-8, and the result of `countElementParts`. */
  readonly parts?: { readonly bytes: Bytes; readonly elements: number };
}

/** Reads a thread given as an object, as text or as text parts. Throws `INVALID_ARGUMENT` if an object is not strict JSON. */
export function givenThread(thread: unknown, argument: ThreadArgumentName = "thread"): GivenThread {
  if (typeof thread === "string") return { text: thread };
  const parts = textPartsOf(thread, argument);
  return parts === undefined ? { json: stringifyThread(thread, argument) } : { parts };
}

/**
 * Returns the JSON of a thread given as an object, as text or as text parts. Text is kept as it is. Throws
 * `INVALID_ARGUMENT` if loading would not return what was passed. Text is parsed only after its common prefix with
 * `replaced`, and text parts are read only after the common parts.
 */
export function threadJson(
  thread: unknown,
  replaced?: ReplacedVersion,
  argument: ThreadArgumentName = "thread",
): ThreadJson {
  return givenJson(givenThread(thread, argument), replaced, argument);
}

/** Returns the JSON of a given thread, as `threadJson` does. */
export function givenJson(
  given: GivenThread,
  replaced: ReplacedVersion | undefined,
  argument: ThreadArgumentName,
  checked: CheckedThread = {},
): ThreadJson {
  if ("text" in given) return fromText(given.text, replaced, argument, checked);
  if ("parts" in given) return fromParts(given.parts, replaced, argument, checked);
  return { unchanged: 0, added: scratchBuffer.encode([given.json]), text: given.json };
}

/**
 * Returns a copy of the text parts of a thread; `undefined` if it is not given in parts. Throws `INVALID_ARGUMENT` if it
 * cannot be read, or its parts are not an array.
 */
export function textPartsOf(thread: unknown, argument: ThreadArgumentName): readonly unknown[] | undefined {
  const { value: subject } = THREAD_SUBJECTS[argument];
  return readArgument(subject, () => {
    if (!hasTextParts(thread)) return undefined;
    const parts: unknown = thread[TEXT_PARTS]();
    if (Array.isArray(parts) && parts.length > 0) return [...(parts as unknown[])];
    return invalidParts(argument);
  });
}

/** Creates the error for text parts that are empty or not strings. */
export function invalidParts(argument: ThreadArgumentName): ThreadStoreError {
  const subject = argument === "create" ? "`create`" : "a thread";
  return invalidArgument(`The text parts of ${subject} must be a non-empty array of strings.`);
}

function fromText(
  text: string,
  replaced: ReplacedVersion | undefined,
  argument: ThreadArgumentName,
  checked: CheckedThread = {},
): ThreadJson {
  if (checked.text !== undefined) return fromCheckedText(text, replaced, checked.text);
  if (text.length >= LONG_TEXT) return fromLongText(text, replaced, argument);
  // In UTF-8 a lone surrogate becomes U+FFFD, which the replaced text may contain at the same position.
  checkWellFormed(text, argument);
  const bytes = scratchBuffer.encode([text]);
  const unchanged = replaced === undefined ? 0 : commonThreadPrefix(bytes, replaced.record, 0);
  const json = { unchanged, added: bytes.subarray(unchanged), text };
  const checkpoints = parse(json, replaced, { text: () => text, bytes: () => bytes }, argument);
  return { ...json, parsed: { checkpoints, parts: NO_PARTS } };
}

function fromCheckedText(
  text: string,
  replaced: ReplacedVersion | undefined,
  { bytes, checkpoints }: NonNullable<CheckedThread["text"]>,
): ThreadJson {
  const unchanged = replaced === undefined ? 0 : commonThreadPrefix(bytes, replaced.record, 0);
  const kept = text.length >= LONG_TEXT ? { text } : {};
  return { unchanged, added: bytes.subarray(unchanged), parsed: { checkpoints, parts: NO_PARTS, ...kept } };
}

/** Keeps the text, so that the next one is compared with it instead of being encoded. */
function fromLongText(
  text: string,
  replaced: ReplacedVersion | undefined,
  argument: ThreadArgumentName,
): ThreadJson {
  const before = replaced?.parsed?.text;
  const common =
    replaced === undefined || before === undefined
      ? undefined
      : commonText(text, { record: replaced.record, text: before });
  const added = text.slice(common?.characters ?? 0);
  checkWellFormed(added, argument);
  const bytes = scratchBuffer.encode([added]);
  const unchanged =
    common?.bytes ?? (replaced === undefined ? 0 : commonThreadPrefix(bytes, replaced.record, 0));
  const json = { unchanged, added: common === undefined ? bytes.subarray(unchanged) : bytes };
  const whole = (): Bytes => (common === undefined ? bytes : ByteBuffer.from(text));
  const checkpoints = parse(json, replaced, { text: () => text, bytes: whole }, argument);
  return { ...json, parsed: { checkpoints, parts: NO_PARTS, text } };
}

function fromParts(
  parts: readonly unknown[],
  replaced: ReplacedVersion | undefined,
  argument: ThreadArgumentName,
  { parts: checked }: CheckedThread,
): ThreadJson {
  const previous = replaced?.parsed?.parts ?? NO_PARTS;
  const count = commonPartCount(parts, previous.strings);
  const added = parts.slice(count);
  if (!added.every((part) => typeof part === "string")) throw invalidParts(argument);
  // A surrogate pair may be split between two parts.
  if (!added.every((part) => part.isWellFormed())) {
    return fromText(previous.strings.slice(0, count).concat(added).join(""), replaced, argument);
  }
  const strings = parts as readonly string[];
  const unchanged = replaced === undefined ? 0 : lengthOfParts(replaced, count);
  // Parts are checked beforehand only if none of them are known.
  const bytes = checked?.bytes ?? scratchBuffer.encode(added);
  const json = { unchanged, added: bytes };
  const elements = checked?.elements ?? countElementParts(strings, Math.min(previous.elements, count));
  const known = { strings, elements };
  if (elements > 0 && endsObject(strings, elements)) {
    return { ...json, parsed: { checkpoints: [], parts: known } };
  }
  const text = (): string => strings.join("");
  const whole = (): Bytes => (unchanged === 0 ? bytes : ByteBuffer.from(text()));
  const checkpoints = parse(json, replaced, { text, bytes: whole }, argument);
  return { ...json, parsed: { checkpoints, parts: known } };
}

function commonPartCount(parts: readonly unknown[], previous: readonly string[]): number {
  let count = 0;
  // Nearly all are the same strings as before, and few are in a cache. `===` also reads those, `Object.is` does not.
  while (count < previous.length && Object.is(parts[count], previous[count])) count += 1;
  return count;
}

/** Returns the length of the first `count` parts of a version in bytes. Measures the others, which are few in a thread that grows. */
function lengthOfParts({ record, parsed }: ReplacedVersion, count: number): number {
  if (count === 0) return 0;
  const strings = parsed?.parts.strings ?? [];
  let length = record.trailer.size;
  for (let index = count; index < strings.length; index += 1) {
    length -= ByteBuffer.byteLength(strings[index] ?? "");
  }
  return length;
}

/** Returns the checkpoints of the text. Throws `INVALID_ARGUMENT` unless it is a JSON object. */
function parse(
  { unchanged, added }: IncrementalJson,
  replaced: ReplacedVersion | undefined,
  whole: { readonly text: () => string; readonly bytes: () => Bytes },
  argument: ThreadArgumentName,
): ParsedText["checkpoints"] {
  if (replaced?.parsed !== undefined) {
    const valid = checkpointsWithin(replaced.parsed.checkpoints, unchanged);
    const last = valid.at(-1);
    if (last !== undefined) {
      const bytes = ByteBuffer.concat([threadBytes(replaced.record, last.offset, unchanged), added]);
      // If it is not JSON, parsing the whole text reports the position of the error.
      if (isJson(resumedText(last, bytes))) return findCheckpoints(bytes, valid);
    }
  }
  checkThreadText(whole.text(), argument);
  return findCheckpoints(whole.bytes());
}
