import type { MessageEntry } from "../entries/entries.ts";
import type { Language } from "../shapes/shape.ts";
import { type ChatView, findTarget } from "./chat-view.ts";

/** Returns a function that translates a path in a view to the path in Agent Framework's JSON. */
export function pathTranslator(
  view: ChatView,
  messages: readonly MessageEntry[],
  language: Language,
): (path: string) => string {
  const paths = new Map(
    messages.flatMap(({ contents }) => contents.map(({ key, path }) => [key, path] as const)),
  );
  return (path) => {
    const target = findTarget(view, path);
    if (target === undefined) return "$";
    const { key, origin } = target;
    if (key === undefined) return origin.path;
    return (paths.get(key) ?? key) + translateMember(path, language);
  };
}

function translateMember(path: string, language: Language): string {
  if (path.endsWith(".arguments")) return ".arguments";
  if (!path.endsWith(".id") && !path.endsWith(".tool_call_id")) return "";
  return language === "csharp" ? ".callId" : ".call_id";
}
