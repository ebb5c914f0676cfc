import { AgentError, type Tool } from "@threadstore/agent";
import { copyJson, isJsonObject, quoteName, unexpected } from "@threadstore/agent/provider";
import type { ChatCompletionCreateParamsNonStreaming } from "openai/resources/chat/completions";

// These are the agent's to set; `n` would make several answers of which a thread can hold one.
const reserved = ["function_call", "functions", "messages", "model", "n", "stream", "tools"] as const;

/**
 * Parameters of Chat Completions that are passed on as they are, such as `temperature`, `max_completion_tokens`
 * or `response_format`.
 *
 * A `tool_choice` that forces a call holds for the first model call of a run; the others are free to answer.
 * `stream_options` is sent with streamed runs alone and asks for usage unless it is `null`.
 */
export type ChatParameters = Omit<ChatCompletionCreateParamsNonStreaming, (typeof reserved)[number]>;

/** The agent's parameters under those of the run, copied and checked; `undefined` takes one away. */
export function mergeParameters(
  agent: ChatParameters | undefined,
  run: ChatParameters | undefined,
  tools: ReadonlyMap<string, Tool>,
): ChatParameters {
  const merged = copyJson({ ...agent, ...run }, { code: "INVALID_ARGUMENT" }, "parameters");
  if (!isJsonObject(merged)) throw unexpected("INVALID_ARGUMENT", "parameters", "an object", merged);
  for (const name of reserved) {
    if (!Object.hasOwn(merged, name)) continue;
    const message = `parameters.${name}: the agent sets this itself; see its own options.`;
    throw new AgentError("INVALID_ARGUMENT", message, { path: `parameters.${name}` });
  }
  const parameters = merged as unknown as ChatParameters;
  for (const name of chosenTools(parameters.tool_choice)) {
    if (tools.has(name)) continue;
    const message = `parameters.tool_choice: this agent has no tool ${quoteName(name)}.`;
    throw new AgentError("INVALID_ARGUMENT", message, { path: "parameters.tool_choice" });
  }
  return parameters;
}

/** The parameters of the model calls behind the first: a forced call would otherwise be forced for ever. */
export function withoutForcedCall(parameters: ChatParameters): ChatParameters {
  const { tool_choice: choice, ...rest } = parameters;
  if (choice === undefined || choice === "auto" || choice === "none") return parameters;
  if (typeof choice === "object" && choice.type === "allowed_tools") {
    const allowed = { ...choice.allowed_tools, mode: "auto" } as const;
    return { ...rest, tool_choice: { ...choice, allowed_tools: allowed } };
  }
  return rest;
}

function chosenTools(choice: ChatParameters["tool_choice"]): string[] {
  if (typeof choice !== "object") return [];
  const chosen = choice.type === "allowed_tools" ? choice.allowed_tools.tools : [choice];
  return chosen.flatMap((tool) => {
    const definition = (tool as { readonly function?: { readonly name?: unknown } }).function;
    return typeof definition?.name === "string" ? [definition.name] : [];
  });
}
