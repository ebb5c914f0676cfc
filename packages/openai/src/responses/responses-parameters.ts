import { AgentError } from "@threadstore/agent";
import { copyJson, invalidValue } from "@threadstore/agent/provider";
import { isJsonObject } from "@threadstore/core/documents";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";

// The agent sets these. A background response would arrive after the run has ended.
const RESERVED = [
  "background",
  "conversation",
  "input",
  "instructions",
  "model",
  "previous_response_id",
  "store",
  "stream",
  "tools",
] as const;

/**
 * Parameters of the Responses API that are sent unchanged, such as `temperature`, `max_output_tokens`, `reasoning` or
 * `include`. A `tool_choice` that forces a call applies to the first request of a run only.
 */
export type ResponsesParameters = Omit<ResponseCreateParamsNonStreaming, (typeof RESERVED)[number]>;

/** Merges the parameters of a run into those of the agent; `undefined` removes one. Throws `INVALID_ARGUMENT`. */
export function mergeResponsesParameters(
  agentParameters: ResponsesParameters | undefined,
  runParameters: ResponsesParameters | undefined,
): ResponsesParameters {
  const code = "INVALID_ARGUMENT";
  const merged = copyJson({ ...agentParameters, ...runParameters }, { code, path: "parameters" });
  if (!isJsonObject(merged)) throw invalidValue(code, "parameters", "an object", merged);
  for (const name of RESERVED) {
    if (!Object.hasOwn(merged, name)) continue;
    const message = `\`parameters.${name}\` is set by the agent. Use the agent's own options.`;
    throw new AgentError(code, message, { path: `parameters.${name}` });
  }
  return merged;
}

/** Returns the parameters of the later requests of a run: forcing a call in each of them would never end. */
export function withoutForcedCall(parameters: ResponsesParameters): ResponsesParameters {
  const { tool_choice: choice, ...others } = parameters;
  if (choice === undefined || choice === "auto" || choice === "none") return parameters;
  if (typeof choice === "object" && choice.type === "allowed_tools") {
    return { ...others, tool_choice: { ...choice, mode: "auto" } };
  }
  return others;
}
