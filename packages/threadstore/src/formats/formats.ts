import { AGENT_FRAMEWORK } from "./agent-framework/agent-framework-format.ts";
import { CLAUDE } from "./claude/claude-format.ts";
import { LANGGRAPH_POSTGRES, LANGGRAPH_SQLITE } from "./langgraph/langgraph-format.ts";
import { OPENAI_AGENTS } from "./openai-agents/openai-agents-format.ts";
import type { TransferFormat } from "./transfer-format.ts";

/** The formats of other programs. */
export const FORMATS: readonly TransferFormat[] = [
  AGENT_FRAMEWORK,
  CLAUDE,
  LANGGRAPH_POSTGRES,
  LANGGRAPH_SQLITE,
  OPENAI_AGENTS,
];
