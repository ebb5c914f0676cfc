import { checkThread } from "@threadstore/agent/provider";
import type { ChatGroup } from "../chat/to-chat.ts";
import type { Report } from "../report.ts";
import type { Language } from "../shapes/shape.ts";
import { CHAT_KIND, viewAsChat } from "./chat-view.ts";
import { pathTranslator } from "./translate-path.ts";

/** Reports everything because of which providers, or `deserializeThread`, reject the converted messages. */
export function reportFindings(groups: readonly ChatGroup[], language: Language, report: Report): void {
  const view = viewAsChat(
    groups.flatMap(({ chat }) => chat),
    groups.flatMap(({ origins }) => origins),
  );
  const translate = pathTranslator(view, [], language);
  for (const { path, message, remedy } of checkThread(view.thread, [CHAT_KIND])) {
    report("repair", translate(path), `${message} ${remedy}`);
  }
}
