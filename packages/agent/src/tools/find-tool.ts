import type { ToolCall } from "../thread/tool-call.ts";
import type { Tool } from "./tool.ts";

/** The name of a tool that answers all calls of its kind. No other tool can have it. */
export const ANY_NAME = "*";

/** Returns the key of a tool among those of an agent. Tools of different kinds may have the same name. */
export function toolKey({ kind, name }: Pick<Tool, "kind" | "name">): string {
  return kind === undefined ? name : `${kind}:${name}`;
}

/** Returns the tool that answers a call; `undefined` if the agent does not have it. */
export function findTool(
  tools: ReadonlyMap<string, Tool>,
  { kind, name }: Pick<ToolCall, "kind" | "name">,
): Tool | undefined {
  const tool = tools.get(toolKey({ kind, name })) ?? tools.get(toolKey({ kind, name: ANY_NAME }));
  // The name of a function is the model's text, which can look like the key of another kind.
  return tool?.kind === kind ? tool : undefined;
}
