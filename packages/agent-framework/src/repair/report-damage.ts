import { checkThread } from "@threadstore/openai";
import type { ChatGroup } from "../chat/to-chat.ts";
import type { Report } from "../report.ts";
import { viewAsChat } from "./chat-view.ts";

/** Reports all for which providers, or `deserializeThread`, refuse what the messages became. */
export function reportDamage(groups: readonly ChatGroup[], report: Report): void {
  const { thread, locate } = viewAsChat(groups, []);
  for (const { path, message, remedy } of checkThread(thread)) {
    report("repair", locate(path) ?? "$", `${message}. ${remedy}`);
  }
}
