import type { JsonObject } from "@threadstore/core/documents";
import type { Repairer } from "../findings/repairer.ts";
import type { MessageEntry } from "./message-entry.ts";

/** A kind of thread that can be checked and repaired. */
export interface RepairableKind {
  /** The `kind` member of its serialized threads. */
  readonly kind: string;
  /** The format version that is written, and the latest that is read. */
  readonly version: number;
  /** The package that reads its threads, for the message that asks to update it. */
  readonly packageName: string;
  readonly wireForm: WireForm;
}

/** Returns the replacement of a text. */
export type ReplaceText = (text: string, path: string) => string;

/** The form of a provider's messages. Converts them to the form that repairs work on, and back. */
export interface WireForm {
  /** The maximum length of a call's id. */
  readonly maxCallIdLength: number;
  /** Whether the order and the members of messages that Chat Completions requires apply to these messages. */
  readonly isChatCompletions: boolean;
  /** Returns whether only threads of this kind contain such messages. */
  isOwn(this: void, message: JsonObject): boolean;
  /** Returns whether the message is reasoning, which the model's output must follow. */
  isReasoning(this: void, message: JsonObject): boolean;
  /** Returns the id of an action of the service, which it accepts only once; `undefined` for any other message. */
  serviceActionId(this: void, message: JsonObject): string | undefined;
  /**
   * Returns the id of any other message that the service accepts only once, but does not require; `undefined` if the
   * service does not receive ids of messages.
   */
  optionalId(this: void, message: JsonObject): string | undefined;
  /**
   * Returns a message with its texts replaced that do not belong to its content, such as the output of a shell.
   * `replace` receives each text and its path below the message. Returns the message itself if nothing changed.
   */
  replaceTexts(this: void, message: JsonObject, replace: ReplaceText): JsonObject;
  /** Returns whether an agent can use the reference to a conversation that a service stores. */
  isService(this: void, service: JsonObject): boolean;
  /** Returns whether the reference names a conversation that a service stores, instead of what it does not accept. */
  namesConversation(this: void, service: JsonObject): boolean;
  /** Reads a message, which may be corrupt in any way. */
  read(this: void, source: JsonObject, path: string, position: number): MessageEntry;
  /** Reports a message of an unknown role or type to the repairer. Returns whether the message is kept. */
  checkRole(this: void, entry: MessageEntry, repairer: Repairer): boolean;
  /** Returns the message in the provider's form. Returns `source` itself if the message is unchanged. */
  write(this: void, entry: MessageEntry): JsonObject;
  /** Creates the result of a call in the provider's form. `source` is the original message that contains the call. */
  newResult(this: void, callId: string, text: string, source: JsonObject): JsonObject;
  /**
   * Returns the denial of a call that a service runs as soon as it receives the result, with the reason; `undefined` for
   * any other result, which can be sent again.
   */
  withdraw(this: void, result: JsonObject, reason: string): JsonObject | undefined;
  /** Returns whether a result is of the kind that answers a call. Both are original messages. */
  mayAnswer(this: void, result: JsonObject, call: JsonObject): boolean;
  /** Returns a part of the content as the API accepts it; `undefined` for one that can only become text. */
  toPart(this: void, part: JsonObject, role: string | undefined): JsonObject | undefined;
  /** Creates a text part of the content of a message with the given role. */
  newTextPart(this: void, text: string, role: string | undefined): JsonObject;
  /** Returns whether the message may stand between a call and its result. */
  mayPrecedeResult(this: void, entry: MessageEntry): boolean;
}
