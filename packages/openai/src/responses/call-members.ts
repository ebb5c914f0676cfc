import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** Returns the action of a shell call as text; `undefined` if it lacks its commands. */
export function toActionText(action: JsonValue | undefined, member: string): string | undefined {
  if (!isJsonObject(action)) return undefined;
  const commands = action[member];
  const isComplete = Array.isArray(commands) && commands.every((command) => typeof command === "string");
  return isComplete ? JSON.stringify(action) : undefined;
}

/** Returns whether this is the operation of a call that changes a file. */
export function isOperation(operation: JsonValue | undefined): operation is JsonObject {
  return (
    isJsonObject(operation) &&
    [operation["type"], operation["path"]].every((value) => typeof value === "string")
  );
}

/** Returns whether this is the output of one command of a shell. */
export function isShellOutput(output: JsonValue): boolean {
  if (!isJsonObject(output)) return false;
  const { stdout, stderr, outcome } = output;
  return typeof stdout === "string" && typeof stderr === "string" && isOutcome(outcome);
}

/** Returns whether this says how a command of a shell ended. */
export function isOutcome(outcome: JsonValue | undefined): boolean {
  if (!isJsonObject(outcome)) return false;
  const { type, exit_code: code } = outcome;
  return type === "timeout" || (type === "exit" && Number.isSafeInteger(code));
}

/** Returns whether this is the answer to a computer call. */
export function isScreenshot(output: JsonValue | undefined): boolean {
  return (
    isJsonObject(output) &&
    [output["image_url"], output["file_id"]].some((value) => typeof value === "string")
  );
}

/** Returns whether an optional member is missing. */
export function isMissing(value: JsonValue | undefined): boolean {
  return value === undefined || value === null;
}
