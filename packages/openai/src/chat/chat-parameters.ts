import { AgentError, type Tool } from "@threadstore/agent";
import { copyJson, invalidValue } from "@threadstore/agent/provider";
import { isJsonObject, quoteName } from "@threadstore/core/documents";
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";

// The agent sets these. `n` would request several responses, of which a thread can store one.
const RESERVED = ["function_call", "functions", "messages", "model", "n", "stream", "tools"] as const;

/**
 * Parameters of Chat Completions that are sent unchanged, such as `temperature`, `max_completion_tokens` or
 * `response_format`.
 *
 * A `tool_choice` that forces a call applies to the first request of a run only. `stream_options` is sent with
 * streamed runs only and requests usage unless it is `null`.
 */
export type ChatParameters = Omit<ChatCompletionCreateParamsNonStreaming, (typeof RESERVED)[number]>;

/** Merges the parameters of a run into those of the agent; `undefined` removes one. Throws `INVALID_ARGUMENT`. */
export function mergeChatParameters(
  agentParameters: ChatParameters | undefined,
  runParameters: ChatParameters | undefined,
  tools: ReadonlyMap<string, Tool>,
): ChatParameters {
  const code = "INVALID_ARGUMENT";
  const merged = copyJson({ ...agentParameters, ...runParameters }, { code, path: "parameters" });
  if (!isJsonObject(merged)) throw invalidValue(code, "parameters", "an object", merged);
  for (const name of RESERVED) {
    if (!Object.hasOwn(merged, name)) continue;
    const message = `\`parameters.${name}\` is set by the agent. Use the agent's own options.`;
    throw new AgentError(code, message, { path: `parameters.${name}` });
  }
  const parameters = merged as unknown as ChatParameters;
  for (const name of chosenTools(parameters.tool_choice)) {
    if (tools.has(name)) continue;
    const message = `\`parameters.tool_choice\` names a tool that this agent does not have: ${quoteName(name)}.`;
    throw new AgentError(code, message, { path: "parameters.tool_choice" });
  }
  return parameters;
}

/** Returns the parameters of the later requests of a run: forcing a call in each of them would never end. */
export function withoutForcedCall(parameters: ChatParameters): ChatParameters {
  const { tool_choice: choice, ...others } = parameters;
  if (choice === undefined || choice === "auto" || choice === "none") return parameters;
  if (typeof choice === "object" && choice.type === "allowed_tools") {
    const allowed = { ...choice.allowed_tools, mode: "auto" } as const;
    return { ...others, tool_choice: { ...choice, allowed_tools: allowed } };
  }
  return others;
}

function chosenTools(choice: ChatParameters["tool_choice"]): string[] {
  if (typeof choice !== "object") return [];
  const chosen = choice.type === "allowed_tools" ? choice.allowed_tools.tools : [choice];
  return chosen.flatMap((tool) => {
    const definition = (tool as { readonly function?: { readonly name?: unknown } }).function;
    return typeof definition?.name === "string" ? [definition.name] : [];
  });
}
