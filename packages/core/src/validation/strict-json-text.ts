import { ThreadStoreError } from "../errors.ts";
import { invalidArgument, readArgument } from "./invalid-argument.ts";
import { notStrictJson } from "./not-strict-json.ts";
import { findJsonIssue, hasEscapedSurrogate, isEvidentlyJson } from "./strict-json.ts";

/**
 * Returns the JSON of an object or array that the caller passed. Throws `INVALID_ARGUMENT` unless it is strict JSON.
 * `subject` begins the messages, and `remedy` is for a value that is nested too deeply.
 */
export function strictJsonText(value: object, subject: string, remedy: string): string {
  return readArgument(subject, () => {
    const isEvident = isEvidentlyJson(value);
    const issue = isEvident ? undefined : findJsonIssue(value);
    if (issue !== undefined) return notStrictJson(subject, issue);
    const text = stringify(value, subject, remedy);
    if (text instanceof ThreadStoreError) return text;
    // A Proxy or getter can return something else than before.
    if (typeof text !== "string" || !text.startsWith(Array.isArray(value) ? "[" : "{")) {
      return invalidArgument(`${subject} changed while it was read. Pass plain data.`);
    }
    const surrogate = isEvident && hasEscapedSurrogate(text) ? findJsonIssue(value) : undefined;
    return surrogate === undefined ? text : notStrictJson(subject, surrogate);
  });
}

function stringify(value: object, subject: string, remedy: string): unknown {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    // Every value was checked, so this is the engine's limit on nesting, unless a getter threw.
    if (!(cause instanceof RangeError)) throw cause;
    return invalidArgument(`${subject} is nested too deeply for \`JSON.stringify\`. ${remedy}`, cause);
  }
}
