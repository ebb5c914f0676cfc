import { PROVIDER_LIMITS } from "@threadstore/agent";
import { cutText } from "@threadstore/agent/provider";
import type { JsonValue } from "@threadstore/core";
import { isJsonObject } from "@threadstore/core/documents";

const MAX_TEXT_LENGTH = PROVIDER_LIMITS.openai.textLength?.value ?? Infinity;

/**
 * Returns the output of a shell call. `text` is the JSON of such an output, or else the standard output, or with
 * `isError` the standard error of a command that failed.
 */
export function toShellOutput(text: string, isError: boolean): JsonValue[] {
  const output = isError ? undefined : parseJson(text);
  if (Array.isArray(output)) return output.map(limitStreams);
  const [stdout, stderr] = isError ? ["", text] : [text, ""];
  return [limitStreams({ stdout, stderr, outcome: { type: "exit", exit_code: isError ? 1 : 0 } })];
}

/** Shortens the text that a command wrote, if the service would reject it. */
function limitStreams(output: JsonValue): JsonValue {
  if (!isJsonObject(output)) return output;
  const { stdout = "", stderr = "" } = output;
  return { ...output, stdout: limitText(stdout), stderr: limitText(stderr) };
}

function limitText(text: JsonValue): JsonValue {
  const isTooLong = typeof text === "string" && text.length > MAX_TEXT_LENGTH;
  return isTooLong ? cutText(text, MAX_TEXT_LENGTH) : text;
}

export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
