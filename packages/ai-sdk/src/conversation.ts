import type {
  CallOptions,
  SaveOptions,
  ThreadDetails,
  ThreadMetadata,
  UpdateOptions,
  Version,
} from "@threadstore/core";
import type { Finding } from "./repair/finding.ts";

/** One version of a conversation. The caller owns it and may modify its messages. */
export interface Conversation<Message> extends ThreadDetails {
  readonly metadata: ThreadMetadata;
  /** All messages, for the page. */
  readonly messages: Message[];
  /**
   * The messages to send to the model: `messages` without the questions and the content that its service rejected, of
   * which a `turn` takes note. Conversations of model messages have all messages here.
   */
  readonly promptMessages: Message[];
  /** The ids of questions that the model's service rejected, and that were not edited or asked again since then. */
  readonly rejectedIds: readonly string[];
  /** The repairs of these messages, which do not change the stored thread; empty if none was necessary. */
  readonly findings: readonly Finding[];
}

/** Options of `load`. */
export interface LoadMessagesOptions<Message> extends CallOptions {
  /**
   * A conversation that was loaded or saved before. If it is still current, a networked store does not send it
   * again.
   */
  readonly cached?: Conversation<Message> | undefined;
}

/** What `save` does if another request has saved the conversation since `previous`. */
export type ConflictPolicy = "merge" | "reject";

/** Options of `save`. `metadata`, `ttlMs` and the others are those of the store. */
export interface SaveMessagesOptions<Message> extends Omit<SaveOptions, "overwrite" | "previous"> {
  /**
   * The conversation to replace, as returned by `load`, `append` or `save`, or its version. If omitted, the
   * conversation is created.
   */
  readonly previous?: Conversation<Message> | Version | undefined;
  /**
   * What to do if another request has saved the conversation since `previous`. `"reject"` rejects with `CONFLICT`
   * and the messages in the error's `unsaved`. `"merge"` applies the caller's changes to the other request's
   * version, and rejects only if the two conflict.
   * @default "reject"
   */
  readonly onConflict?: ConflictPolicy | undefined;
}

/** Options of `append`, which are those of the store's `update`. */
export type AppendMessagesOptions = UpdateOptions;

/** Loads and saves the messages of conversations. Each conversation is one thread. */
export interface MessageStore<Message> {
  /** Resolves with the checked conversation, or with `undefined` if it does not exist or has expired. */
  load(id: string, options?: LoadMessagesOptions<Message>): Promise<Conversation<Message> | undefined>;

  /**
   * Replaces all messages of a conversation. They are checked first, so that every saved conversation can be
   * loaded.
   */
  save(
    id: string,
    messages: readonly Message[],
    options?: SaveMessagesOptions<Message>,
  ): Promise<Conversation<Message>>;

  /**
   * Appends messages, whatever other requests have saved, and creates the conversation if it does not exist. A UI
   * message with the id of a stored one replaces it. Resolves with the whole conversation.
   */
  append(
    id: string,
    messages: readonly Message[],
    options?: AppendMessagesOptions,
  ): Promise<Conversation<Message>>;
}
