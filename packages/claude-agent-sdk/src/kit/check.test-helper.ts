import type { SessionStore } from "@anthropic-ai/claude-agent-sdk";

/** The stores under test: `open` returns another client of the same sessions, such as another process has. */
export interface KitStores {
  readonly store: Required<SessionStore>;
  readonly open: () => Required<SessionStore>;
}

export interface Check {
  readonly name: string;
  /**
   * Where the quick tests also run it, because its result depends on the names, listings and races of the backend. In
   * memory and on SQLite, they run all checks.
   */
  readonly quick?: "databases" | "every store";
  readonly run: (stores: KitStores) => Promise<void>;
}
