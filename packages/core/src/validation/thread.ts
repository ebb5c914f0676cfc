import { ThreadStoreError } from "../errors.ts";
import { invalidArgument } from "./invalid-argument.ts";
import { notStrictJson } from "./not-strict-json.ts";
import { findJsonIssue } from "./strict-json.ts";

/** Returns the JSON of a thread given as an object. Throws `INVALID_ARGUMENT` unless it is strict JSON. */
export function stringifyThread(thread: unknown): string {
  if (typeof thread !== "object" || thread === null || Array.isArray(thread)) {
    throw invalidArgument(`A thread must be a JSON object or its JSON text, not ${describe(thread)}.`);
  }
  const issue = findJsonIssue(thread);
  if (issue !== undefined) {
    throw notStrictJson("The thread", issue);
  }
  try {
    return JSON.stringify(thread);
  } catch (cause) {
    // Every value was checked above, so only the engine's limit on nesting is left.
    throw invalidArgument(
      "The thread is nested too deeply for `JSON.stringify`. Flatten it, or save it as text.",
      cause,
    );
  }
}

/** Throws `INVALID_ARGUMENT` if UTF-8 cannot represent the text. */
export function checkWellFormed(text: string): void {
  if (text.isWellFormed()) return;
  throw invalidArgument(
    "The thread's text contains a lone surrogate, which UTF-8 cannot represent. Escape it as \\ud800.",
  );
}

/** Throws `INVALID_ARGUMENT` unless the text is a JSON object. */
export function checkThreadText(text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the thread. Only the position is safe to pass on, and the error is not a cause.
    const position = error instanceof Error ? (/ at position \d+/u.exec(error.message)?.[0] ?? "") : "";
    throw invalidArgument(
      `The thread's text is not JSON${position}. Pass the result of \`JSON.stringify\`, or the object itself.`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument(`The thread's text must be a JSON object, not ${describe(value)}.`);
  }
}

/** Throws `TOO_LARGE` if a thread of `bytes` exceeds the limit. */
export function checkThreadSize(bytes: number, maxThreadBytes: number | undefined): void {
  if (maxThreadBytes === undefined || bytes <= maxThreadBytes) return;
  throw new ThreadStoreError(
    "TOO_LARGE",
    `The thread has ${bytes} bytes, but \`maxThreadBytes\` is ${maxThreadBytes}. Raise the limit, or shorten the thread.`,
  );
}

/** Returns whether `text` is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return value === undefined ? "undefined" : `a ${typeof value}`;
}
