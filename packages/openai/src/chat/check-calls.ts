import { AgentError } from "@threadstore/agent";
import { isJsonObject, type JsonObject, quoteName } from "@threadstore/core/documents";
import { areComplete } from "./call-arguments.ts";

/** Finish reasons of a response that ends before the model was done. */
const CUT_OFF: ReadonlySet<unknown> = new Set(["content_filter", "length", "max_tokens"]);

/**
 * Checks the calls of a response before any of them can run. A response that was cut off must not run a call with the
 * part of the arguments that arrived. Empty arguments become `{}`, because some servers reject them in a later request.
 *
 * Throws `RESPONSE_INVALID` or `MODEL_UNAVAILABLE`.
 */
export function checkCalls(message: JsonObject, finishReason: unknown): void {
  if (finishReason === "error") {
    const problem = "The model's server ended its response with an error. Try again later.";
    throw new AgentError("MODEL_UNAVAILABLE", problem);
  }
  if (isJsonObject(message["function_call"]) && !Array.isArray(message["tool_calls"])) {
    const problem =
      "The model's server answered with `function_call`, which `tool_calls` has replaced. Use a server that supports tools.";
    throw new AgentError("RESPONSE_INVALID", problem);
  }
  for (const call of Array.isArray(message["tool_calls"]) ? message["tool_calls"] : []) {
    const definition = isJsonObject(call) ? call["function"] : undefined;
    if (!isJsonObject(definition)) continue;
    const text = definition["arguments"];
    if (CUT_OFF.has(finishReason) && !areComplete(text)) throw cutOff(String(finishReason));
    if (typeof text === "string" && text.trim() === "") definition["arguments"] = "{}";
  }
}

function cutOff(finishReason: string): AgentError {
  const remedy = "If that is `length`, raise the limit of tokens; otherwise change the input.";
  const problem = `The model's response was cut off within a tool call (finish reason ${quoteName(finishReason)}). ${remedy}`;
  return new AgentError("RESPONSE_INVALID", problem);
}
