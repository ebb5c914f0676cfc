import { canonicalJson, type JsonObject } from "@threadstore/core/documents";
import { safeValidateUIMessages, TypeValidationError, type UIMessage } from "ai";
import { type Fault, issuePath, type MessageKind } from "./message-kind.ts";
import { promptOf } from "./rejected/prompt-messages.ts";
import { closeMessages } from "./repair/close-messages.ts";
import { type PartChecks, repairMessages } from "./repair/repair-messages.ts";
import { type ConversationLimits, readTextLengths, type ShortenText } from "./repair/text-lengths.ts";

/** The schemas of an application's messages, as in the AI SDK's `validateUIMessages`. */
export type UIMessageSchemas<Message extends UIMessage> = Omit<
  Parameters<typeof safeValidateUIMessages<Message>>[0],
  "messages"
>;

/** How to treat stored content that is invalid or that providers reject. */
export interface RepairOptions {
  /** Whether stored messages that the AI SDK or the schemas reject are repaired or reject the call. */
  readonly onInvalid: "reject" | "repair";
  /** Whether answers refer to items that the model's service stores. */
  readonly serviceItems: "drop" | "keep";
  /** The limits of the model's provider. Longer texts are shortened. None by default. */
  readonly limits?: ConversationLimits | undefined;
  /**
   * Replaces a text that is longer than the provider accepts.
   * @default cuts the text and adds a note that says so
   */
  readonly shorten?: ShortenText | undefined;
}

export function uiMessageKind<Message extends UIMessage>(
  schemas: UIMessageSchemas<Message>,
  { onInvalid, serviceItems, limits, shorten }: RepairOptions,
): MessageKind<Message> {
  const closeOptions = { serviceItems, textLengths: readTextLengths(limits, shorten) };
  const hasSchemas = Object.values(schemas).some((schema) => schema !== undefined);
  return {
    kind: "ai-sdk-ui-messages",

    async check(messages, areRepaired = false) {
      const fault = findIdFault(messages);
      if (fault !== undefined) return { fault };
      // The SDK rejects an empty list, but a conversation may be empty.
      if (messages.length === 0) return { messages: [] };
      let result = await safeValidateUIMessages<Message>({ ...schemas, messages });
      if (!result.success && areRepaired && onInvalid === "repair") {
        const { metadataSchema: _required, ...otherSchemas } = schemas;
        const withoutMetadata = { ...otherSchemas, messages } as UIMessageSchemas<Message> & {
          messages: unknown;
        };
        result = await safeValidateUIMessages<Message>(withoutMetadata);
      }
      if (!result.success) return { fault: toFault(result.error) };
      // The SDK's result lacks members that it does not know. It is only needed if schemas transform values.
      return { messages: hasSchemas ? result.data : (messages as Message[]) };
    },

    repairs: onInvalid === "repair",

    repair: async (stored, report) =>
      onInvalid === "reject" ? undefined : repairMessages(stored, partChecks(schemas), report),

    close: (messages, paths, report) => closeMessages(messages, closeOptions, paths, report),
    prompt: promptOf,

    append(stored, added) {
      const pending = mapById(added);
      // Stored messages may share an id, which reading them repairs.
      const replaced = stored.map((message) => {
        const replacement = pending.get(message["id"]);
        pending.delete(message["id"]);
        return replacement ?? message;
      });
      return [...replaced, ...pending.values()];
    },

    merge: (base = [], mine, stored) => mergeById(base, mine, stored),
  };
}

function partChecks<Message extends UIMessage>(schemas: UIMessageSchemas<Message>): PartChecks {
  const { metadataSchema, ...partSchemas } = schemas;
  const isValid = async (options: object, message: object): Promise<boolean> => {
    const messages = [{ id: "1", ...message }];
    const result = await safeValidateUIMessages<Message>({ ...options, messages });
    return result.success;
  };
  return {
    isPartValid: (part, role) => isValid(partSchemas, { role, parts: [part] }),
    isMetadataValid: (metadata) => {
      return isValid({ metadataSchema }, { role: "user", metadata, parts: [{ type: "text", text: "" }] });
    },
    hasTool: (name) => schemas.tools === undefined || Object.hasOwn(schemas.tools, name),
  };
}

function mergeById(
  base: readonly JsonObject[],
  mine: readonly JsonObject[],
  stored: readonly JsonObject[],
): JsonObject[] | undefined {
  const baseById = mapById(base);
  const mineById = mapById(mine);
  const storedById = mapById(stored);
  const merged: JsonObject[] = [];
  const ids = new Set([...storedById.keys(), ...mineById.keys()]);
  for (const id of ids) {
    const message = mergeMessage(baseById.get(id), mineById.get(id), storedById.get(id));
    if (message === "conflict") return undefined;
    if (message !== undefined) merged.push(message);
  }
  return merged;
}

/** Returns the version of the side that changed the message, which is `undefined` if that side removed it. */
function mergeMessage(
  base: JsonObject | undefined,
  mine: JsonObject | undefined,
  stored: JsonObject | undefined,
): JsonObject | "conflict" | undefined {
  if (isEqual(mine, base) || isEqual(mine, stored)) return stored;
  if (isEqual(stored, base)) return mine;
  return "conflict";
}

function isEqual(a: JsonObject | undefined, b: JsonObject | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

function mapById(messages: readonly JsonObject[]): Map<unknown, JsonObject> {
  return new Map(messages.map((message) => [message["id"], message]));
}

/** Finds a missing or repeated id. Merging identifies messages by their ids. */
function findIdFault(messages: readonly unknown[]): Fault | undefined {
  const ids = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const { id } = (message ?? {}) as { id?: unknown };
    const path = `[${index}].id`;
    if (typeof id !== "string" || id === "") {
      const problem =
        "must be a non-empty string. For the model's answers, pass generateMessageId: createIdGenerator(…) to the stream.";
      return { path, problem };
    }
    if (ids.has(id)) return { path, problem: "must be unique, but another message has the same id." };
    ids.add(id);
  }
  return undefined;
}

/** Locates the SDK's error. Its message quotes the conversation, so it is only passed on as the cause. */
function toFault(error: Error): Fault {
  const { context, cause } = TypeValidationError.isInstance(error) ? error : { cause: undefined };
  const steps = (cause as { issues?: { path?: unknown[] }[] } | undefined)?.issues?.[0]?.path ?? [];
  const field = context?.field?.replace(/^messages/u, "") ?? "";
  const problem = "is rejected by the AI SDK or by the schemas. See the cause.";
  return { path: field + issuePath(steps), problem, cause: error };
}
