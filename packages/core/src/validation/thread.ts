import { ThreadStoreError } from "../errors.ts";
import { invalidArgument, readArgument } from "./invalid-argument.ts";
import { isError } from "./is-error.ts";
import { strictJsonText } from "./strict-json-text.ts";

/** The argument of a save, or the option of an append, that is a thread. */
export type ThreadArgumentName = "thread" | "create";

/** How messages call the argument, and its text. */
export const THREAD_SUBJECTS: {
  readonly [argument in ThreadArgumentName]: { readonly value: string; readonly text: string };
} = {
  thread: { value: "The thread", text: "The thread's text" },
  create: { value: "`create`", text: "The text of `create`" },
};

/** Returns the JSON of a thread given as an object. Throws `INVALID_ARGUMENT` unless it is strict JSON. */
export function stringifyThread(thread: unknown, argument: ThreadArgumentName = "thread"): string {
  const { value: subject } = THREAD_SUBJECTS[argument];
  const object = readArgument(subject, () => {
    if (typeof thread === "object" && thread !== null && !Array.isArray(thread)) return { thread };
    return invalidArgument(`${subject} must be a JSON object or its JSON text, not ${describe(thread)}.`);
  });
  return strictJsonText(object.thread, subject, "Flatten it, or save it as text.");
}

/** Throws `INVALID_ARGUMENT` if UTF-8 cannot represent the text. */
export function checkWellFormed(text: string, argument: ThreadArgumentName = "thread"): void {
  if (text.isWellFormed()) return;
  throw invalidArgument(
    `${THREAD_SUBJECTS[argument].text} contains a lone surrogate, which UTF-8 cannot represent. Escape it as \\ud800.`,
  );
}

/** Throws `INVALID_ARGUMENT` unless the text is a JSON object. */
export function checkThreadText(text: string, argument: ThreadArgumentName = "thread"): void {
  const { text: subject } = THREAD_SUBJECTS[argument];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The engine's message quotes the thread. Only the position is safe to pass on, and the error is not a cause.
    const position = isError(error) ? (/ at position \d+/u.exec(error.message)?.[0] ?? "") : "";
    throw invalidArgument(
      `${subject} is not JSON${position}. Pass the result of \`JSON.stringify\`, or the object itself.`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidArgument(`${subject} must be a JSON object, not ${describe(value)}.`);
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
