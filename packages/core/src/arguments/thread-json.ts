import { type CheckedJson, lastPart, marked } from "./growing-json.ts";
import { invalidArgument } from "./invalid-argument.ts";
import { findJsonOffence } from "./strict-json.ts";

/**
 * The JSON of a thread given as text, which is kept as it is, or as an object. Throws `INVALID_ARGUMENT` for anything
 * that would not come back as it was given. Of text that begins like `known`, only the rest is parsed.
 */
export function threadJson(thread: unknown, known?: CheckedJson): CheckedJson {
  return typeof thread === "string"
    ? checkedText(thread, known)
    : { bytes: Buffer.from(objectText(thread)), marks: [] };
}

function objectText(thread: unknown): string {
  if (typeof thread !== "object" || thread === null || Array.isArray(thread)) {
    throw invalidArgument(`A thread is a JSON object or its text, not ${describe(thread)}.`);
  }
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

function checkedText(text: string, known: CheckedJson | undefined): CheckedJson {
  // All of it: in UTF-8 a lone surrogate looks like the U+FFFD that may have been in its place.
  if (!text.isWellFormed()) {
    throw invalidArgument(
      "The thread's text has a lone surrogate, which UTF-8 cannot hold. Escape it as \\ud800.",
    );
  }
  const bytes = Buffer.from(text);
  const part = known === undefined ? undefined : lastPart(bytes, known);
  if (part !== undefined && isJson(part.text)) return marked(bytes, part.marks);
  checkWhole(text);
  return marked(bytes);
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
