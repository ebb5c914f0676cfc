import { AgentError, type Tool as AgentTool } from "@threadstore/agent";
import { copyJson, invalidValue, toolKey } from "@threadstore/agent/provider";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import type { Tool as HostedTool } from "openai/resources/responses/responses";
import { typeOf } from "./call-items.ts";
import { MCP_APPROVAL } from "./mcp-approval.ts";

/** The remedy for a declaration whose calls the application must answer, by its type. */
const REMEDIES: { readonly [type: string]: string } = {
  apply_patch: "Pass applyPatchTool({ run }) in `tools` instead.",
  computer: "Pass computerTool({ run }) in `tools` instead.",
  computer_use_preview: "Pass computerTool({ declaration, run }) in `tools` instead.",
  custom: "Pass customTool({ name, run }) in `tools` instead.",
  function: "Pass defineTool({ name, run }) in `tools` instead.",
  local_shell: "Pass localShellTool({ run }) in `tools` instead.",
  namespace: "Pass its tools one by one in `tools` instead.",
  shell: "Pass shellTool({ run }) in `tools` instead, or give it a container as `environment`.",
  tool_search: 'Remove `execution: "client"`, so that the service searches for tools.',
};

/**
 * Validates declarations of tools that the service runs. Throws `INVALID_ARGUMENT` for one whose calls the application
 * would have to answer: the service rejects every request after a call without an answer.
 */
export function readHostedTools(declarations: readonly HostedTool[] | undefined): HostedTool[] {
  const code = "INVALID_ARGUMENT";
  const tools = copyJson(declarations ?? [], { code, path: "hostedTools" });
  if (!Array.isArray(tools)) throw invalidValue(code, "hostedTools", "an array of declarations", tools);
  tools.forEach((tool, index) => {
    const path = `hostedTools[${index}]`;
    if (!isJsonObject(tool) || typeof tool["type"] !== "string") {
      throw invalidValue(code, path, "the declaration of a tool, with its `type`");
    }
    if (!isAnsweredByApplication(tool)) return;
    const type = typeOf(tool);
    const message = `\`${path}\` is of type "${type}", whose calls the application must answer. ${REMEDIES[type] ?? ""}`;
    throw new AgentError(code, message, { path });
  });
  return tools as unknown as HostedTool[];
}

function isAnsweredByApplication({ type, environment, execution }: JsonObject): boolean {
  if (type === "tool_search") return execution === "client";
  if (type === "shell") return !isJsonObject(environment) || environment["type"] === "local";
  return typeof type === "string" && Object.hasOwn(REMEDIES, type);
}

/** Adds the answer to requests for approval, which MCP servers make, to the tools of an agent. */
export function withMcpApproval(
  tools: ReadonlyMap<string, AgentTool>,
  hostedTools: readonly HostedTool[],
): ReadonlyMap<string, AgentTool> {
  if (!hostedTools.some(({ type }) => type === "mcp")) return tools;
  return new Map([...tools, [toolKey(MCP_APPROVAL), MCP_APPROVAL]]);
}
