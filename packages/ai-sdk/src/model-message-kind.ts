import { modelMessageSchema, type ModelMessage } from "ai";
import { canonicalJson, memberPath } from "./json.ts";
import type { MessageKind } from "./message-kind.ts";

export const modelMessageKind: MessageKind<ModelMessage> = {
  kind: "ai-sdk-model-messages",

  async check(messages) {
    for (const [index, message] of messages.entries()) {
      const { error } = modelMessageSchema.safeParse(message);
      if (error === undefined) continue;
      const within = error.issues[0]?.path ?? [];
      const steps = within.map((step) => (typeof step === "number" ? `[${step}]` : memberPath(String(step))));
      const reason = "this is no message that the AI SDK accepts; see the cause.";
      return { fault: { path: `[${index}]${steps.join("")}`, reason, cause: error } };
    }
    return { messages: messages as ModelMessage[] };
  },

  append: (stored, added) => [...stored, ...added],

  // Model messages have no ids: only lists that were both made longer can be put together.
  merge(base, mine, stored) {
    if (base === undefined) return undefined;
    const isKept = [mine, stored].every((list) => {
      return canonicalJson(list.slice(0, base.length)) === canonicalJson([...base]);
    });
    return isKept ? [...stored, ...mine.slice(base.length)] : undefined;
  },
};
