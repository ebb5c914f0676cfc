import type { StoredThread } from "@threadstore/core";
import { THREAD_FORMAT } from "@threadstore/core/documents";
import { importInstalled } from "../stores/import-package.ts";
import type { Entry } from "./entry.ts";
import { type Conversation, readConversation } from "./read-conversation.ts";

type AgentFramework = typeof import("@threadstore/agent-framework");
type Origin = ReturnType<AgentFramework["readAgentFrameworkThread"]>["origins"][number];

/** Reads a thread of any form, also of Agent Framework if the package that knows its forms is installed. */
export async function readStoredConversation(
  stored: Pick<StoredThread, "json" | "thread">,
  folder: string,
): Promise<Conversation | undefined> {
  return (await fromAgentFramework(stored, folder)) ?? readConversation(stored.thread);
}

async function fromAgentFramework(
  { json, thread }: Pick<StoredThread, "json" | "thread">,
  folder: string,
): Promise<Conversation | undefined> {
  if (thread["format"] === THREAD_FORMAT) return undefined;
  const bridge = await importInstalled<AgentFramework>("@threadstore/agent-framework", folder);
  if (bridge === undefined) return undefined;
  const { InterchangeError, detectShape, readAgentFrameworkThread } = bridge;
  try {
    const { shape, messagesAt } = detectShape(json);
    if (shape === "threadstore" || messagesAt !== "thread") return undefined;
    const { thread: converted, origins } = readAgentFrameworkThread(json);
    const conversation = readConversation(converted);
    return (
      conversation && {
        ...conversation,
        form: "agent-framework",
        entries: conversation.entries.map((entry) => withOrigin(entry, origins[entry.index])),
      }
    );
  } catch (error) {
    if (InterchangeError.is(error)) return undefined;
    throw error;
  }
}

/** Returns the entry with its place in the stored thread instead of the converted one. */
function withOrigin(entry: Entry, origin: Origin | undefined): Entry {
  if (origin === undefined) return entry;
  const [, call] = /\.tool_calls\[(\d+)\]$/u.exec(entry.path) ?? [];
  const path = (call === undefined ? undefined : origin.calls[Number(call)]) ?? origin.path;
  return { ...entry, path, index: messageIndexOf(path) ?? entry.index };
}

/** Returns the index of the message that a path leads to, in a thread of any form. */
export function messageIndexOf(path: string): number | undefined {
  const [, index] = /\.(?:entries|events|items|messages)\[(\d+)\]/u.exec(path) ?? [];
  return index === undefined ? undefined : Number(index);
}
