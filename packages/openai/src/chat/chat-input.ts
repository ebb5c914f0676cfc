import { copyJson, unexpected } from "@threadstore/agent/provider";
import { checkMessages, type ChatMessage } from "./chat-message.ts";
import { checkWholeUnits } from "./message-units.ts";

/** What a run is given: the user's text, or one or more messages in the wire form of Chat Completions. */
export type ChatInput = string | ChatMessage | readonly ChatMessage[];

/** The input as messages, copied and checked, so that a store can keep whatever a run adds to a thread. */
export function readInput(input: ChatInput): ChatMessage[] {
  const rules = { code: "INVALID_ARGUMENT" } as const;
  if (typeof input === "string") {
    return checkMessages([{ role: "user", content: copyJson(input, rules, "input") }], "input", rules.code);
  }
  const given: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (given.length === 0) throw unexpected(rules.code, "input", "at least one message");
  const messages = checkMessages(copyJson(given, rules, "input"), "input", rules.code);
  checkWholeUnits(messages, "input", rules.code);
  return messages;
}
