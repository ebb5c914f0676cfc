import type { Message } from "../turns.ts";

/** What a contestant is measured for: `raw` is what the others are compared with. */
export type Role = "ours" | "raw" | "delta" | "peer";

/** One way of keeping conversations in a backend. */
export interface Contestant {
  readonly name: string;
  readonly role: Role;
  /** Opens connections of its own to what is kept at `place`, which no other contestant uses. */
  readonly open: (place: string) => Promise<Keeper>;
}

/** What asks an agent's model: a function in place, or the `openai` package, with all it does for a request. */
export type ModelClient = "in place" | "openai";

/** A contestant at work. What it cannot do is missing, and the workload then leaves it out. */
export interface Keeper {
  /** A new conversation. Where an agent is a part of it, that one asks its model through `client`. */
  readonly conversation: (id: string, client: ModelClient) => Conversation;
  /** The conversation, parsed. Rejects when there is none. */
  readonly load: (id: string) => Promise<unknown>;
  /** Saves the whole of a thread, if nobody else has since this keeper last did. */
  readonly replace?: (id: string, thread: Thread) => Promise<void>;
  /** Loads a thread that this keeper has loaded or saved before and that has not changed. */
  readonly reload?: (id: string) => Promise<unknown>;
  readonly listPage?: (limit: number, cursor: string | undefined) => Promise<Page>;
  /** Where saves are all that is to be measured: no agent runs between them. */
  readonly savesAlone?: true;
  readonly close: () => Promise<void>;
}

export interface Thread {
  readonly messages: readonly Message[];
}

/** A conversation that grows. `add` is what the application does anyway, and not measured; `save` is. */
export interface Conversation {
  readonly add: (messages: readonly Message[]) => Promise<void> | void;
  /** Whether `add` has an agent run the turn. */
  readonly runsAgent?: true;
  readonly save: () => Promise<void>;
}

export interface Page {
  readonly count: number;
  readonly cursor: string | undefined;
}

/** A server or folder, with the contestants that use it. */
export interface Backend {
  readonly name: string;
  readonly start: () => Promise<RunningBackend>;
}

export interface RunningBackend {
  readonly contestants: readonly Contestant[];
  readonly endpoint: unknown;
  readonly stop: () => Promise<void>;
}
