import { readdirSync, readFileSync } from "node:fs";
import type { SerializedThread } from "@threadstore/core";
import { createChatAgent, type ChatAgent } from "@threadstore/openai";
import { OpenAI } from "openai";
import type { ReportEntry } from "./index.ts";
import { printNode } from "./json/node.ts";
import { parseNode } from "./json/parse.ts";

const folder = new URL("golden/", import.meta.url);

/** The threads that Agent Framework wrote, by file name. They are never changed. */
export const goldenNames: readonly string[] = readdirSync(folder);

export function golden(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/** JSON text without white space, in which the order of members and the writing of numbers are as they were. */
export function canonical(text: string): string {
  return printNode(parseNode(text));
}

/** An agent that takes threads up, and would fail if it asked its model. */
export const agent: ChatAgent = createChatAgent({
  client: new OpenAI({ baseURL: "http://127.0.0.1:1", apiKey: "k", maxRetries: 0 }),
  model: "m",
});

/** The thread as it comes back from an agent that has taken it up. */
export async function throughAgent(thread: SerializedThread): Promise<SerializedThread> {
  return (await agent.deserializeThread(thread)).serialize();
}

/** The messages of a thread, to look at. */
export function messagesOf(thread: SerializedThread): SerializedThread[] {
  return thread["messages"] as SerializedThread[];
}

/** What a report says without the words. */
export function marksOf(report: readonly ReportEntry[]): string[] {
  return report.map(({ kind, path }) => `${kind} ${path}`);
}

/** A thread of C# of today with these messages. */
export function csharpSession(...messages: unknown[]): string {
  return JSON.stringify({ stateBag: { InMemoryChatHistoryProvider: { messages } } });
}

/** A thread of Python of today with these messages. */
export function pythonSession(...messages: unknown[]): string {
  const state = { in_memory: { messages } };
  return JSON.stringify({ type: "session", session_id: "s", service_session_id: null, state });
}

interface History {
  readonly messages?: { [member: string]: unknown }[];
}

/** The messages in a text of Agent Framework, of whichever shape. */
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
