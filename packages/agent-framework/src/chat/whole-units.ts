import type { Report } from "../report.ts";
import type { ChatGroup } from "./to-chat.ts";
import type { ChatMessage } from "./chat-message.ts";

interface Placed {
  readonly message: ChatMessage;
  readonly path: string;
}

/**
 * Reports what makes providers refuse a thread, every time: a call without a result right behind it, and a result
 * without a call. Ids are compared as a multiset, as `deserializeThread` does.
 */
export function reportBrokenUnits(groups: readonly ChatGroup[], report: Report): void {
  let openCalls = new Map<string, number>();
  let callsPath = "";
  const closeCalls = (): void => {
    const count = [...openCalls.values()].reduce((sum, of) => sum + of, 0);
    if (count === 0) return;
    const calls = count === 1 ? "a tool call has" : `${count} tool calls have`;
    report("repair", callsPath, `${calls} no result behind the message. ${remedy}`);
  };
  for (const { message, path } of groups.flatMap(place)) {
    if (message.role === "tool") {
      const count = openCalls.get(message.tool_call_id) ?? 0;
      if (count === 0) report("repair", path, `this result answers no call before it. ${remedy}`);
      else openCalls.set(message.tool_call_id, count - 1);
      continue;
    }
    closeCalls();
    openCalls = new Map();
    for (const { id } of message.tool_calls ?? []) openCalls.set(id, (openCalls.get(id) ?? 0) + 1);
    callsPath = path;
  }
  closeCalls();
}

const remedy = "The thread needs a repair before it is run.";

function place({ chat, paths }: ChatGroup): Placed[] {
  return chat.map((message, index) => ({ message, path: paths[index] ?? "$" }));
}
