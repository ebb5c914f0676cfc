import { copyJson, invalidValue } from "@threadstore/agent/provider";
import { checkMessages, type ChatMessage } from "./chat-message.ts";
import { checkToolCallPairing } from "./chat-tool-calls.ts";

/** The input of a run: the user's text, or one or more messages in the wire form of Chat Completions. */
export type ChatInput = string | ChatMessage | readonly ChatMessage[];

/** Converts input to messages, copied and validated. Throws `INVALID_ARGUMENT` with the path. */
export function readChatInput(input: ChatInput): ChatMessage[] {
  const rules = { code: "INVALID_ARGUMENT", path: "input" } as const;
  if (typeof input === "string") {
    return checkMessages([{ role: "user", content: copyJson(input, rules) }], "input", rules.code);
  }
  const values: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (values.length === 0) throw invalidValue(rules.code, "input", "at least one message");
  const messages = checkMessages(copyJson(values, rules), "input", rules.code);
  checkToolCallPairing(messages, "input", rules.code);
  return messages;
}
