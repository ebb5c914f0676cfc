import { type MessageEntry, toMessage } from "../entries/entries.ts";
import type { Report } from "../report.ts";
import type { Language } from "../shapes/shape.ts";

/**
 * Joins messages whose calls have their results after the last of them. Agent Framework sends each message on its own,
 * and providers require the results directly after the message with their calls. Messages that were not edited stay as
 * they are.
 */
export function joinCalls(
  messages: readonly MessageEntry[],
  language: Language,
  report: Report,
): MessageEntry[] {
  const joined: MessageEntry[] = [];
  for (const message of messages) {
    const previous = joined.at(-1);
    const isEdited = message.contentsChanged || previous?.contentsChanged === true;
    if (
      previous === undefined ||
      !isEdited ||
      ![previous, message].every((one) => hasOpenCalls(one, language))
    ) {
      joined.push(message);
      continue;
    }
    previous.contents.push(...message.contents);
    previous.contentsChanged = true;
    const text = "Calls of one response are written into one message, with the id and the time of the first.";
    report("changed", "$.agentFramework.messages", text);
  }
  return joined;
}

/** Returns whether a message of the assistant has calls, and no results. */
function hasOpenCalls(entry: MessageEntry, language: Language): boolean {
  const { role, isExcluded, contents } = toMessage(entry, language);
  const kinds = contents.map(({ kind }) => kind);
  return role === "assistant" && !isExcluded && kinds.includes("call") && !kinds.includes("result");
}
