import type { Language } from "../shapes/shape.ts";
import { findTarget, type ChatView } from "./chat-view.ts";
import type { Item } from "./working-copy.ts";

/** Finds out where in Agent Framework's JSON it is what a path of Chat Completions leads to. */
export function locator(
  view: ChatView,
  items: readonly Item[],
  language: Language,
): (path: string) => string {
  const paths = new Map(items.flatMap(({ slots }) => slots.map(({ key, path }) => [key, path] as const)));
  return (path) => {
    const target = findTarget(view, path);
    if (target === undefined) return "$";
    const { key, place } = target;
    if (key === undefined) return place.path;
    return (paths.get(key) ?? key) + memberSuffix(path, language);
  };
}

function memberSuffix(path: string, language: Language): string {
  if (path.endsWith(".arguments")) return ".arguments";
  if (!path.endsWith(".id") && !path.endsWith(".tool_call_id")) return "";
  return language === "csharp" ? ".callId" : ".call_id";
}
