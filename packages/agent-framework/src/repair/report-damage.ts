import { checkThread } from "@threadstore/agent/provider";
import type { ChatGroup } from "../chat/to-chat.ts";
import type { Report } from "../report.ts";
import type { Language } from "../shapes/shape.ts";
import { chatKind, viewAsChat } from "./chat-view.ts";
import { locator } from "./locate.ts";

/** Reports all for which providers, or `deserializeThread`, refuse what the messages became. */
export function reportDamage(groups: readonly ChatGroup[], language: Language, report: Report): void {
  const view = viewAsChat(
    groups.flatMap(({ chat }) => chat),
    groups.flatMap(({ places }) => places),
  );
  const locate = locator(view, [], language);
  for (const { path, message, remedy } of checkThread(view.thread, [chatKind])) {
    report("repair", locate(path), `${message}. ${remedy}`);
  }
}
