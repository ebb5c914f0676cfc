// lib/threads.ts: the store and the agent of the whole application.
import type { ThreadStore } from "@threadstore/core";
import { type ChatAgent, createChatAgent } from "@threadstore/openai";
import { sqliteStore } from "@threadstore/sqlite";
import OpenAI from "openai";

// In development, Next.js evaluates modules again after a change. `globalThis` keeps the store that is already open.
const application = globalThis as typeof globalThis & { threads?: ThreadStore };

export const threads: ThreadStore = (application.threads ??= sqliteStore({
  path: process.env["DATABASE"] ?? "threads.db",
}));

export const agent: ChatAgent = createChatAgent({
  client: new OpenAI(),
  model: process.env["MODEL"] ?? "gpt-4o-mini",
  name: "Assistant",
});
