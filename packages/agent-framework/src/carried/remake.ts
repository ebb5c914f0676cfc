import { fromChat, type PlacedMessage } from "../chat/from-chat.ts";
import type { ObjectNode } from "../json/node.ts";
import { printMessage } from "../messages/print-message.ts";
import type { Report } from "../report.ts";
import type { Dialect } from "../shapes/shape.ts";

/** Messages of Agent Framework in a dialect, made from messages of Chat Completions. */
export function remake(placed: readonly PlacedMessage[], dialect: Dialect, report: Report): ObjectNode[] {
  return fromChat(placed, report).map((message) => printMessage(message, { dialect, report }));
}
