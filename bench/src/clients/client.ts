import type { Message } from "../messages.ts";

/**
 * The role of a subject. The others are compared with `raw`, of which `control` is a second one. A `delta` is the least that
 * a save can take.
 */
export type Role = "control" | "delta" | "ours" | "peer" | "raw";

/** One way to store conversations in a backend. */
export interface Subject {
  readonly name: string;
  readonly role: Role;
  /** Opens new connections to `location`, which no other subject uses. */
  readonly open: (location: string) => Promise<Client>;
}

/** How an agent calls its model: directly as a function, or through the `openai` package with all of its work. */
export type ModelClient = "direct" | "openai";

/** An open subject. Workloads skip clients that lack a method they need. */
export interface Client {
  /** Starts a conversation. If it runs an agent, the agent calls its model through `modelClient`. */
  readonly conversation: (id: string, modelClient: ModelClient) => Conversation;
  /** Loads and parses the conversation. Rejects if it does not exist. */
  readonly load: (id: string) => Promise<unknown>;
  /** Saves a whole thread, if no other client has saved it since this one did. */
  readonly replace?: (id: string, thread: Thread) => Promise<void>;
  /** Loads a thread that this client holds and that has not changed. */
  readonly reload?: (id: string) => Promise<unknown>;
  readonly listPage?: (limit: number, cursor: string | undefined) => Promise<Page>;
  /** Whether no agent may run between saves, because saves alone are measured. */
  readonly savesAlone?: true;
  readonly close: () => Promise<void>;
}

export interface Thread {
  readonly messages: readonly Message[];
}

/** A growing conversation. `add` is the application's own work and not measured; `save` is. */
export interface Conversation {
  readonly add: (messages: readonly Message[]) => Promise<void> | void;
  /** Whether `add` runs an agent. */
  readonly runsAgent?: true;
  readonly save: () => Promise<void>;
}

export interface Page {
  readonly count: number;
  readonly cursor: string | undefined;
}

/** A server or folder, and the subjects that use it. */
export interface Backend {
  readonly name: string;
  /** Whether no other library uses it. */
  readonly withoutPeers?: true;
  readonly start: () => Promise<RunningBackend>;
}

export interface RunningBackend {
  readonly subjects: readonly Subject[];
  readonly endpoint: unknown;
  readonly stop: () => Promise<void>;
}
