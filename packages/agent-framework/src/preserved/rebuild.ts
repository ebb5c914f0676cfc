import { fromChat, type LocatedMessage } from "../chat/from-chat.ts";
import type { ObjectNode } from "../json/node.ts";
import { printMessage } from "../messages/print-message.ts";
import type { Report } from "../report.ts";
import type { Dialect } from "../shapes/shape.ts";

/** Builds Agent Framework's messages in a dialect from messages of Chat Completions. */
export function rebuildMessages(
  messages: readonly LocatedMessage[],
  dialect: Dialect,
  report: Report,
): ObjectNode[] {
  return fromChat(messages, report)
    .map((message) => printMessage(message, { dialect, report }))
    .filter((message) => message !== undefined);
}
