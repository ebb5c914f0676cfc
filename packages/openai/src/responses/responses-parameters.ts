import { AgentError } from "@threadstore/agent";
import { copyJson, isJsonObject, unexpected } from "@threadstore/agent/provider";
import type { ResponseCreateParamsNonStreaming } from "openai/resources/responses/responses";

// These are the agent's to set. A background response answers later, when no run waits for it.
const reserved = [
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
 * Parameters of the Responses API that are passed on as they are, such as `temperature`, `max_output_tokens`,
 * `reasoning` or `include`. A `tool_choice` that forces a call holds for the first model call of a run; the
 * others are free to answer.
 */
export type ResponsesParameters = Omit<ResponseCreateParamsNonStreaming, (typeof reserved)[number]>;

/** The agent's parameters under those of the run, copied and checked; `undefined` takes one away. */
export function mergeParameters(
  agent: ResponsesParameters | undefined,
  run: ResponsesParameters | undefined,
): ResponsesParameters {
  const merged = copyJson({ ...agent, ...run }, { code: "INVALID_ARGUMENT" }, "parameters");
  if (!isJsonObject(merged)) throw unexpected("INVALID_ARGUMENT", "parameters", "an object", merged);
  for (const name of reserved) {
    if (!Object.hasOwn(merged, name)) continue;
    const message = `parameters.${name}: the agent sets this itself; see its own options.`;
    throw new AgentError("INVALID_ARGUMENT", message, { path: `parameters.${name}` });
  }
  return merged;
}

/** The parameters of the model calls behind the first: a forced call would otherwise be forced for ever. */
export function withoutForcedCall(parameters: ResponsesParameters): ResponsesParameters {
  const { tool_choice: choice, ...rest } = parameters;
  if (choice === undefined || choice === "auto" || choice === "none") return parameters;
  if (typeof choice === "object" && choice.type === "allowed_tools") {
    return { ...rest, tool_choice: { ...choice, mode: "auto" } };
  }
  return rest;
}
