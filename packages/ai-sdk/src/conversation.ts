import type {
  CallOptions,
  SaveOptions,
  ThreadDetails,
  ThreadMetadata,
  UpdateOptions,
  Version,
} from "@threadstore/core";

/** One version of a conversation. Every object in it is the caller's own. */
export interface Conversation<Message> extends ThreadDetails {
  readonly metadata: ThreadMetadata;
  readonly messages: Message[];
}

/** Options of `load`. */
export interface LoadMessagesOptions<Message> extends CallOptions {
  /** What the caller holds: if it is still that, a networked store does not send it again. */
  readonly cached?: Conversation<Message> | undefined;
}

/** What is done where another request has saved the conversation meanwhile. */
export type ConflictPolicy = "merge" | "reject";

/** Options of `save`; `metadata`, `ttlMs` and the rest are those of the store. */
export interface SaveMessagesOptions<Message> extends Omit<SaveOptions, "overwrite" | "previous"> {
  /**
   * What the caller started from: what `load`, `append` or `save` gave, or its version. `undefined`: nothing, so the
   * conversation is created.
   */
  readonly previous?: Conversation<Message> | Version | undefined;
  /**
   * `"reject"`: `CONFLICT`, with the messages in the error's `unsaved`. `"merge"`: what the caller changed is changed in
   * what the other request saved, too, and `CONFLICT` only where the two contradict each other.
   * @default "reject"
   */
  readonly onConflict?: ConflictPolicy | undefined;
}

/** Options of `append`: those of the store's `update`. */
export type AppendMessagesOptions = UpdateOptions;

/** Loads and saves the messages of conversations, one thread each. */
export interface MessageStore<Message> {
  /** The conversation, or `undefined` when there is none or it has expired. What is stored is checked. */
  load(id: string, options?: LoadMessagesOptions<Message>): Promise<Conversation<Message> | undefined>;

  /**
   * Saves the whole list in place of the one in `previous`. The messages are checked first, so that what is saved can
   * be loaded.
   */
  save(
    id: string,
    messages: readonly Message[],
    options?: SaveMessagesOptions<Message>,
  ): Promise<Conversation<Message>>;

  /**
   * Adds messages behind those that are stored, whoever else does, and makes the conversation if there is none. A UI
   * message replaces the stored one of its id. Resolves with the whole conversation.
   */
  append(
    id: string,
    messages: readonly Message[],
    options?: AppendMessagesOptions,
  ): Promise<Conversation<Message>>;
}
