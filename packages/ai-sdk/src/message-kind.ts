import { type JsonObject, memberPath } from "@threadstore/core/documents";
import type { ThreadContent, ThreadKind } from "./conversation-thread.ts";
import type { Report } from "./repair/finding.ts";
import type { ReadableMessage } from "./repair/repair-messages.ts";

/** A fault in a list of messages. */
export interface Fault {
  /** The path below the list, such as `[3].role`. */
  readonly path: string;
  /** Completes a sentence that starts with the path, such as `must be unique.` */
  readonly problem: string;
  readonly cause?: unknown;
}

/** The part of a conversation that is sent to the model. */
export interface Prompt<Message> {
  readonly promptMessages: Message[];
  readonly rejectedIds: readonly string[];
}

/** The operations on UI messages or on model messages that a message store needs. */
export interface MessageKind<Message> {
  readonly kind: ThreadKind;

  /**
   * Resolves with the messages as the AI SDK accepts them, or with the first fault. Repaired messages may lack required
   * metadata. May modify its argument.
   */
  check(
    messages: unknown[],
    areRepaired?: boolean,
  ): Promise<{ readonly messages: Message[] } | { readonly fault: Fault }>;

  /** Whether `repair` returns readable forms. */
  readonly repairs: boolean;

  /** Resolves with readable forms of stored messages that `check` rejects, or with `undefined` to reject them. */
  repair(stored: readonly unknown[], report: Report): Promise<ReadableMessage[] | undefined>;

  /** Returns the messages without what providers reject. `paths` has the location of each message. */
  close(messages: Message[], paths: readonly string[], report: Report): Message[];

  /** Returns the messages to send to the model, and the ids of questions that its service rejected. */
  prompt(messages: readonly Message[], content: ThreadContent): Prompt<Message>;

  /** Returns the stored messages with others appended. A message with the id of a stored one replaces it. */
  append(stored: readonly JsonObject[], added: readonly JsonObject[]): JsonObject[];

  /**
   * Merges two changes of the same list, `mine` and `stored`. `base` is that list, or `undefined` if it is unknown.
   * Returns `undefined` if the changes conflict.
   */
  merge(
    base: readonly JsonObject[] | undefined,
    mine: readonly JsonObject[],
    stored: readonly JsonObject[],
  ): JsonObject[] | undefined;
}

/** Returns the path of a schema issue below the list of messages. */
export function issuePath(steps: readonly unknown[]): string {
  return steps.reduce<string>(
    (path, step) => memberPath(path, typeof step === "number" ? step : String(step)),
    "",
  );
}
