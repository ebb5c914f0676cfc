import type { OpenAI } from "openai";
import { AgentError } from "../agent-error.ts";
import type { ChatAgentOptions } from "./chat-agent.ts";
import { mergeParameters, type ChatParameters } from "./chat-parameters.ts";
import { unexpected } from "../thread/json.ts";
import type { AgentCore } from "../run/execute-run.ts";
import type { Tool } from "../tools/tool.ts";

/** The options of a chat agent, checked and with their defaults. */
export interface ChatAgentSettings extends AgentCore {
  readonly client: OpenAI;
  readonly model: string;
  readonly parameters: ChatParameters;
}

export function readAgentOptions(options: ChatAgentOptions): ChatAgentSettings {
  const { client, model, name = "Assistant", instructions, maxToolRounds = 10 } = options;
  if (typeof (client as Partial<OpenAI> | undefined)?.chat?.completions?.create !== "function") {
    throw unexpected("INVALID_ARGUMENT", "client", "a client of the openai package");
  }
  checkText(model, "model");
  checkText(name, "name");
  if (instructions !== undefined) checkText(instructions, "instructions");
  if (!Number.isSafeInteger(maxToolRounds) || maxToolRounds < 0) {
    throw unexpected("INVALID_ARGUMENT", "maxToolRounds", "a whole number from 0");
  }
  const tools = nameTools(options.tools ?? []);
  const parameters = mergeParameters(options.parameters, undefined, tools);
  return { client, model, name, instructions, tools, maxToolRounds, parameters };
}

function checkText(value: unknown, path: string): void {
  if (typeof value === "string" && value !== "" && value.isWellFormed()) return;
  throw unexpected("INVALID_ARGUMENT", path, "a non-empty, well-formed string", value);
}

function nameTools(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const named = new Map<string, Tool>();
  tools.forEach((tool, index) => {
    if (typeof (tool as Partial<Tool> | undefined)?.prepare !== "function") {
      throw unexpected("INVALID_ARGUMENT", `tools[${index}]`, "a tool made by defineTool", tool);
    }
    if (named.has(tool.name)) {
      const message = `tools[${index}]: there are two tools named "${tool.name}". Rename one.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path: `tools[${index}]` });
    }
    named.set(tool.name, tool);
  });
  return named;
}
