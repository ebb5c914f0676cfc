import type { SessionStore } from "@anthropic-ai/claude-agent-sdk";

/** The stores under test: `open` returns another client of the same sessions, such as another process has. */
export interface KitStores {
  readonly store: Required<SessionStore>;
  readonly open: () => Required<SessionStore>;
}

export interface Check {
  readonly name: string;
  readonly run: (stores: KitStores) => Promise<void>;
}
