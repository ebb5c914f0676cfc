import type { JsonValue } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";

/** A type of call that the application must answer. Everything that differs between the types is in this table. */
export interface CallType {
  readonly answerType: string;
  /** Returns whether a call has the members, apart from its id, that the SDK requires. */
  readonly isCall: (call: JsonObject) => boolean;
  /** Returns an answer that says the call was interrupted, without the call's id. */
  readonly answer: (call: JsonObject, text: string) => JsonObject;
  /** Returns the output as content: text, parts, or a value of another type if the SDK cannot read it. */
  readonly read: (output: JsonValue | undefined) => JsonValue | undefined;
  /** Returns content as an output. */
  readonly write: (content: JsonValue) => JsonValue;
}

// The API accepts only an image as the answer to a computer call: a transparent one of 1 by 1 pixel.
const BLANK_SCREENSHOT =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=";

/** The content of an output that is not text. Only whether the SDK can read it matters to a repair. */
const STAND_IN = "(output)";

/** The types of calls, by the type of their items. */
export const CALLS: { readonly [type: string]: CallType } = {
  function_call: {
    answerType: "function_call_result",
    isCall: ({ name, arguments: text }) => typeof name === "string" && typeof text === "string",
    answer: ({ name, namespace }, text) => ({
      type: "function_call_result",
      name: name ?? "",
      ...(namespace === undefined ? {} : { namespace }),
      status: "incomplete",
      output: { type: "text", text },
    }),
    read: readOutput,
    write: writeOutput,
  },
  computer_call: {
    answerType: "computer_call_result",
    isCall: ({ action, actions }) => isJsonObject(action) || Array.isArray(actions),
    answer: () => ({ type: "computer_call_result", output: toScreenshot() }),
    read: (output) => (isJsonObject(output) ? STAND_IN : undefined),
    write: toScreenshot,
  },
  shell_call: {
    answerType: "shell_call_output",
    isCall: ({ action }) => isJsonObject(action),
    answer: (_call, text) => ({ type: "shell_call_output", output: toShellOutput(text) }),
    read: (output) => (Array.isArray(output) && output.every(isJsonObject) ? STAND_IN : undefined),
    write: toShellOutput,
  },
  apply_patch_call: {
    answerType: "apply_patch_call_output",
    isCall: ({ operation }) => isJsonObject(operation),
    answer: (_call, text) => ({ type: "apply_patch_call_output", status: "failed", output: text }),
    read: (output) => output ?? "",
    write: (content) => content,
  },
};

/** The types of calls, by the type of the items that answer them. */
export const ANSWERS: ReadonlyMap<unknown, CallType> = new Map(
  Object.values(CALLS).map((call) => [call.answerType, call]),
);

/**
 * Returns text for an output of text, and parts for any other: the SDK accepts one of them without an array, and no empty
 * array.
 */
function readOutput(output: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(output) && output.length === 0) return undefined;
  if (!isJsonObject(output) || typeof output["type"] !== "string") return output;
  const { type, text } = output;
  return type === "text" && typeof text === "string" ? text : [output];
}

const OUTPUT_TYPES: readonly unknown[] = ["text", "image", "file"];

function writeOutput(content: JsonValue): JsonValue {
  if (typeof content === "string") return { type: "text", text: content };
  // The SDK accepts no empty array.
  if (Array.isArray(content) && content.length === 0) return { type: "text", text: "" };
  const [part] = Array.isArray(content) ? content : [];
  const isOutput = isJsonObject(part) && OUTPUT_TYPES.includes(part["type"]);
  return isOutput ? part : content;
}

function toScreenshot(): JsonObject {
  return { type: "computer_screenshot", data: BLANK_SCREENSHOT };
}

function toShellOutput(text: JsonValue): JsonValue {
  const stderr = typeof text === "string" ? text : "";
  return [{ stdout: "", stderr, outcome: { type: "exit", exitCode: 1 } }];
}
