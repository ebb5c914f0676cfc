import { canonicalJson } from "@threadstore/core/documents";
import { type ModelMessage, modelMessageSchema } from "ai";
import { issuePath, type MessageKind } from "./message-kind.ts";
import { closeModelMessages } from "./repair/close-model-messages.ts";

export const modelMessageKind: MessageKind<ModelMessage> = {
  kind: "ai-sdk-model-messages",

  async check(messages) {
    for (const [index, message] of messages.entries()) {
      const { error } = modelMessageSchema.safeParse(message);
      if (error === undefined) continue;
      const path = issuePath([index, ...(error.issues[0]?.path ?? [])]);
      return { fault: { path, problem: "is rejected by the AI SDK. See the cause.", cause: error } };
    }
    return { messages: messages as ModelMessage[] };
  },

  repairs: false,
  repair: () => Promise.resolve(undefined),
  close: closeModelMessages,
  prompt: (messages) => ({ promptMessages: [...messages], rejectedIds: [] }),
  append: (stored, added) => [...stored, ...added],

  // Model messages have no ids, so only lists that were both appended to can be merged.
  merge(base, mine, stored) {
    if (base === undefined) return undefined;
    const startWithBase = [mine, stored].every((list) => {
      return canonicalJson(list.slice(0, base.length)) === canonicalJson([...base]);
    });
    return startWithBase ? [...stored, ...mine.slice(base.length)] : undefined;
  },
};
