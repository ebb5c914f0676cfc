/** The name of agents that do not set one. */
export const DEFAULT_AGENT_NAME = "Assistant";
