import { checkThread } from "@threadstore/agent/provider";
import type { ChatGroup } from "../chat/to-chat.ts";
import type { Report } from "../report.ts";
import type { Language } from "../shapes/shape.ts";
import { CHAT_KIND, type ChatView, viewAsChat } from "./chat-view.ts";
import { pathTranslator } from "./translate-path.ts";

/** Reports the known faults because of which providers, or `deserializeThread`, reject the converted messages. */
export function reportFindings(
  groups: readonly ChatGroup[],
  language: Language,
  pendingCalls: ReadonlySet<string>,
  report: Report,
): void {
  const view = viewAsChat(
    groups.flatMap(({ chat }) => chat),
    groups.flatMap(({ origins }) => origins),
    pendingCalls,
  );
  const translate = pathTranslator(view, [], language);
  for (const { code, path, message, remedy } of checkThread(view.thread, [CHAT_KIND])) {
    // A server that uses its ids again can be asked for approval again.
    if (code === "call-id-duplicated" && pendingCalls.has(callIdAt(view, path) ?? "")) continue;
    report("repair", translate(path), `${message} ${remedy}`);
  }
}

function callIdAt({ messages }: ChatView, path: string): string | undefined {
  const match = /^\$\.messages\[(\d+)\]\.tool_calls\[(\d+)\]/.exec(path);
  const message = messages[Number(match?.[1])];
  return message === undefined || message.role === "tool"
    ? undefined
    : message.tool_calls?.[Number(match?.[2])]?.id;
}
