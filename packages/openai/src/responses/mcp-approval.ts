import type { Tool } from "@threadstore/agent";
import { ANY_NAME } from "@threadstore/agent/provider";

/**
 * Answers the requests of MCP servers to approve a call, which the service runs. Each waits for a person. It can run
 * again after a crash, because the service receives the answer later, after it was saved.
 */
export const MCP_APPROVAL: Tool = {
  name: ANY_NAME,
  kind: "mcp_approval_request",
  declaration: undefined,
  description: undefined,
  strict: undefined,
  interrupted: "rerun",
  jsonSchema: {},
  prepare: async () => ({ valid: true, needsApproval: async () => true, run: async () => "Approved." }),
};
