import type { Tool } from "@threadstore/agent";
import { ANY_NAME } from "@threadstore/agent/provider";

/**
 * Answers the requests of MCP servers to approve a call, which the service runs. Each waits for a person. Approving it
 * again after a crash does not change anything, because the service has one answer for a request.
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
