import { PROVIDER_LIMITS } from "@threadstore/agent";
import { cutText } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { isOutcome } from "./call-members.ts";

const MAX_TEXT_LENGTH = PROVIDER_LIMITS.openai.textLength?.value ?? Infinity;

/** Returns the output of a command that succeeded. */
export function toStandardOutput(stdout: string): JsonObject {
  return { stdout, stderr: "", outcome: { type: "exit", exit_code: 0 } };
}

/**
 * Returns the output of a shell call. `text` is the JSON of the outputs of its commands, or else the standard output of
 * all of them, or with `isError` the standard error of a command that failed.
 */
export function toShellOutput(text: string, isError: boolean): JsonObject[] {
  if (isError) return [toOutput({ stderr: text, outcome: { type: "exit", exit_code: 1 } })];
  const outputs = parseJson(text);
  const areOutputs = Array.isArray(outputs) && outputs.every(isJsonObject);
  return areOutputs ? outputs.map(toOutput) : [toOutput({ stdout: text })];
}

/** Adds members that are missing or malformed, and shortens text that the service would reject. */
function toOutput(output: JsonObject): JsonObject {
  const { stdout = "", stderr = "", outcome, ...others } = output;
  const valid = { ...toStandardOutput(limitText(stdout)), ...others, stderr: limitText(stderr) };
  return outcome !== undefined && isOutcome(outcome) ? { ...valid, outcome } : valid;
}

function limitText(value: JsonValue): string {
  const text = (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed();
  return text.length > MAX_TEXT_LENGTH ? cutText(text, MAX_TEXT_LENGTH) : text;
}

/** Returns the answer to a shell call with other texts. Returns any other item unchanged. */
export function replaceOutputs(
  item: JsonObject,
  replace: (text: string, path: string) => string,
): JsonObject {
  const { type, output } = item;
  if (type !== "shell_call_output" || !Array.isArray(output)) return item;
  let isChanged = false;
  const outputs = output.map((part, index) => {
    if (!isJsonObject(part)) return part;
    const texts = ["stdout", "stderr"].flatMap((name): [string, string][] => {
      const text = part[name];
      if (typeof text !== "string") return [];
      const replaced = replace(text, `.output[${index}].${name}`);
      isChanged ||= replaced !== text;
      return [[name, replaced]];
    });
    return { ...part, ...Object.fromEntries(texts) };
  });
  return isChanged ? { ...item, output: outputs } : item;
}

export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
