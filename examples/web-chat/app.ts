import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { AgentError, type ChatAgent, openConversation } from "@threadstore/openai";
import { type Context, Hono } from "hono";
import { stream } from "hono/streaming";

/**
 * Creates a chat application with many conversations, on any store and agent. It holds no state: every request opens
 * its conversation in the store, so any number of processes can serve it.
 */
export function createApp(store: ThreadStore, agent: ChatAgent): Hono {
  const app = new Hono();
  app.get("/conversations", (context) => listConversations(store, context));
  app.get("/conversations/:id", (context) => showConversation(store, context));
  app.post("/conversations/:id", (context) => postMessage(store, agent, context));
  app.delete("/conversations/:id", async (context) => {
    await store.delete(idOf(context));
    return context.body(null, 204);
  });
  for (const [path, file, type] of [
    ["/", "index.html", "text/html"],
    ["/chat.js", "chat.js", "text/javascript"],
    ["/chat.css", "chat.css", "text/css"],
  ] as const) {
    const content = readFileSync(join(import.meta.dirname, "page", file), "utf8");
    app.get(path, (context) => context.body(content, 200, { "content-type": `${type}; charset=utf-8` }));
  }
  return app;
}

const idOf = (context: Context): string => context.req.param("id") ?? "";

async function listConversations(store: ThreadStore, context: Context): Promise<Response> {
  const cursor = context.req.query("cursor");
  const page = await store.listPage({ order: "updated", limit: 50, metadata: true, cursor });
  const conversations = page.threads.map(({ id, corrupt, metadata }) => ({
    id,
    title: corrupt ? "(corrupt)" : (metadata?.["title"] ?? id),
  }));
  return context.json({ conversations, cursor: page.cursor });
}

async function showConversation(store: ThreadStore, context: Context): Promise<Response> {
  const stored = await store.load(idOf(context));
  if (stored === undefined) return context.json({ messages: [] });
  const entityTag = `"${stored.version}"`;
  if (context.req.header("if-none-match") === entityTag) return context.body(null, 304);
  return context.json({ messages: readable(stored.thread["messages"]) }, 200, { etag: entityTag });
}

async function postMessage(store: ThreadStore, agent: ChatAgent, context: Context): Promise<Response> {
  const { text } = await context.req.json<{ text: string }>();
  const id = idOf(context);
  const isNew = (await store.load(id)) === undefined;
  const conversation = openConversation({
    agent,
    store,
    id,
    // After a restart in the middle of an answer, the next message finishes that answer first. If two tabs post at the
    // same time, one waits for the other.
    journal: true,
    lease: { durationMs: 5000 },
    ...(isNew ? { save: { metadata: { title: text.slice(0, 40).toWellFormed() } } } : {}),
  });
  const run = conversation.runStream(text);
  context.header("content-type", "application/x-ndjson");
  return stream(context, async (response) => {
    try {
      for await (const event of run) await response.writeln(JSON.stringify(event));
    } catch (error) {
      // Codes and messages of both classes contain no contents or secrets, and name the remedy.
      const isKnown = AgentError.is(error) || ThreadStoreError.is(error);
      const problem = isKnown ? `${error.code}: ${error.message}` : "An unexpected error occurred.";
      await response.writeln(JSON.stringify({ type: "problem", problem }));
      if (!isKnown) throw error;
    }
  });
}

/** Returns the text messages of a thread, without tool calls. */
function readable(messages: unknown): { role: string; text: string }[] {
  const list = messages as { role: string; content?: unknown }[];
  return list.flatMap(({ role, content }) =>
    ["user", "assistant"].includes(role) && typeof content === "string" && content !== ""
      ? [{ role, text: content }]
      : [],
  );
}
