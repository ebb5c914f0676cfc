import { safeValidateUIMessages, TypeValidationError, type UIMessage } from "ai";
import { canonicalJson, memberPath, type JsonObject } from "./json.ts";
import type { Fault, MessageKind } from "./message-kind.ts";

/** The schemas of an application's messages, as `validateUIMessages` of the AI SDK takes them. */
export type UIMessageSchemas<Message extends UIMessage> = Omit<
  Parameters<typeof safeValidateUIMessages<Message>>[0],
  "messages"
>;

export function uiMessageKind<Message extends UIMessage>(
  schemas: UIMessageSchemas<Message>,
): MessageKind<Message> {
  const hasSchemas = Object.values(schemas).some((schema) => schema !== undefined);
  return {
    kind: "ai-sdk-ui-messages",

    async check(messages) {
      const fault = faultOfIds(messages);
      if (fault !== undefined) return { fault };
      // The SDK refuses an empty list, which is a fine conversation.
      if (messages.length === 0) return { messages: [] };
      const result = await safeValidateUIMessages<Message>({ ...schemas, messages });
      if (!result.success) return { fault: faultOf(result.error) };
      // The SDK leaves out members that it does not know. Without schemas there is no need to.
      return { messages: hasSchemas ? result.data : (messages as Message[]) };
    },

    append(stored, added) {
      const byId = new Map(stored.map((message) => [message["id"], message]));
      for (const message of added) byId.set(message["id"], message);
      return [...byId.values()];
    },

    merge: (base = [], mine, stored) => mergeById(base, mine, stored),
  };
}

/** What a message is in each of three lists. */
function mergeById(
  base: readonly JsonObject[],
  mine: readonly JsonObject[],
  stored: readonly JsonObject[],
): JsonObject[] | undefined {
  const baseById = byIdOf(base);
  const mineById = byIdOf(mine);
  const storedById = byIdOf(stored);
  const merged: JsonObject[] = [];
  const ids = new Set([...storedById.keys(), ...mineById.keys()]);
  for (const id of ids) {
    const change = mergeMessage(baseById.get(id), mineById.get(id), storedById.get(id));
    if (change === "contradiction") return undefined;
    if (change !== undefined) merged.push(change);
  }
  return merged;
}

/** The message of the side that changed it; `undefined` if that removed it. */
function mergeMessage(
  base: JsonObject | undefined,
  mine: JsonObject | undefined,
  stored: JsonObject | undefined,
): JsonObject | "contradiction" | undefined {
  if (isSame(mine, base) || isSame(mine, stored)) return stored;
  if (isSame(stored, base)) return mine;
  return "contradiction";
}

function isSame(a: JsonObject | undefined, b: JsonObject | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

function byIdOf(messages: readonly JsonObject[]): Map<unknown, JsonObject> {
  return new Map(messages.map((message) => [message["id"], message]));
}

/** Each message needs an id of its own: by it one is told from another when two requests meet. */
function faultOfIds(messages: readonly unknown[]): Fault | undefined {
  const ids = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const { id } = (message ?? {}) as { id?: unknown };
    const path = `[${index}].id`;
    if (typeof id !== "string" || id === "") {
      const remedy = "For the model's answers pass generateMessageId: createIdGenerator(…) to the stream.";
      return { path, reason: `expected the id of the message. ${remedy}` };
    }
    if (ids.has(id)) return { path, reason: "another message has the same id." };
    ids.add(id);
  }
  return undefined;
}

/** Where the SDK found a fault. Its own message quotes what it found, so it is passed on only as the cause. */
function faultOf(error: Error): Fault {
  const { context, cause } = TypeValidationError.isInstance(error) ? error : { cause: undefined };
  const within = (cause as { issues?: { path?: unknown[] }[] } | undefined)?.issues?.[0]?.path ?? [];
  const field = context?.field?.replace(/^messages/u, "") ?? "";
  const path =
    field +
    within.map((step) => (typeof step === "number" ? `[${step}]` : memberPath(String(step)))).join("");
  return {
    path,
    reason: "this is not what the AI SDK or the schemas given accept; see the cause.",
    cause: error,
  };
}
