import { readdirSync, readFileSync } from "node:fs";
import type { SerializedThread } from "@threadstore/core";
import { createChatAgent, type ChatAgent } from "@threadstore/openai";
import { OpenAI } from "openai";
import type { ReportEntry } from "./index.ts";
import { printNode } from "./json/node.ts";
import { parseNode } from "./json/parse.ts";

const folder = new URL("golden/", import.meta.url);

/** The names of files that Agent Framework wrote. They must never be changed. */
export const goldenNames: readonly string[] = readdirSync(folder);

export function golden(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** Returns JSON text without white space, with the original order of members and notation of numbers. */
export function canonical(text: string): string {
  return printNode(parseNode(text));
}

/** An agent for deserializing threads. A request to its model would fail. */
export const agent: ChatAgent = createChatAgent({
  client: new OpenAI({ baseURL: "http://127.0.0.1:1", apiKey: "k", maxRetries: 0 }),
  model: "m",
});

/** Deserializes and serializes a thread with an agent. */
export async function throughAgent(thread: SerializedThread): Promise<SerializedThread> {
  return (await agent.deserializeThread(thread)).serialize();
}

/** Returns the messages of a thread. */
export function messagesOf(thread: SerializedThread): SerializedThread[] {
  return thread["messages"] as SerializedThread[];
}

/** Returns the kinds and paths of a report's entries. */
export function marksOf(report: readonly ReportEntry[]): string[] {
  return report.map(({ kind, path }) => `${kind} ${path}`);
}

/** Creates a thread in the current shape of C#. */
export function csharpSession(...messages: unknown[]): string {
  return JSON.stringify({ stateBag: { InMemoryChatHistoryProvider: { messages } } });
}

/** Creates a thread in the current shape of Python. */
export function pythonSession(...messages: unknown[]): string {
  const state = { in_memory: { messages } };
  return JSON.stringify({ type: "session", session_id: "s", service_session_id: null, state });
}

interface History {
  readonly messages?: { [member: string]: unknown }[];
}

/** Returns the messages of a thread of Agent Framework in any shape. */
export function messagesIn(text: string): { [member: string]: unknown }[] {
  const root = JSON.parse(text) as {
    [member: string]: (History & { [member: string]: History }) | undefined;
  };
  const history =
    root["storeState"] ??
    root["chatHistoryProviderState"] ??
    root["chat_message_store_state"] ??
    root["stateBag"]?.["InMemoryChatHistoryProvider"] ??
    root["state"]?.["in_memory"];
  return history?.messages ?? [];
}
