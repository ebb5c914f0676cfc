// Threads over HTTP with Hono. It holds no state, so any number of processes can serve it.
import type { ThreadStore } from "@threadstore/core";
import { type ChatAgent, openConversation } from "@threadstore/openai";
import { Hono } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { failure, readMessage } from "./http.ts";

/** What your authentication middleware sets. */
interface Env {
  readonly Variables: { user: string };
}

type Run = AsyncIterable<object> & {
  readonly result: Promise<{ readonly text: string; readonly status: string }>;
};

async function sendEvents(stream: SSEStreamingApi, run: Run): Promise<void> {
  try {
    for await (const event of run) await stream.writeSSE({ data: JSON.stringify(event) });
    // A request that is repeated gets no events, only the answer.
    const { text, status } = await run.result;
    await stream.writeSSE({ event: "end", data: JSON.stringify({ text, status }) });
  } catch (error) {
    await stream.writeSSE({ event: "problem", data: JSON.stringify(failure(error).body) });
  }
}

export function threadRoutes(store: ThreadStore, agent: ChatAgent): Hono<Env> {
  const routes = new Hono<Env>();

  // Each user has a namespace, so an id never leads to a thread of another user.
  routes.get("/", async (context) => {
    const cursor = context.req.query("cursor");
    const threads = store.namespace(context.var.user);
    return context.json(await threads.listPage({ order: "updated", metadata: true, limit: 50, cursor }));
  });

  routes.get("/:id", async (context) => {
    const stored = await store.namespace(context.var.user).load(context.req.param("id"));
    if (stored === undefined) return context.notFound();
    const etag = `"${stored.version}"`;
    if (context.req.header("if-none-match") === etag) return context.body(null, 304, { etag });
    return context.json(stored.thread, 200, { etag });
  });

  routes.post("/:id", async (context) => {
    const { text, key } = readMessage(await context.req.json());
    const conversation = openConversation({
      agent,
      store: store.namespace(context.var.user),
      id: context.req.param("id"),
      journal: true,
    });
    // If the user leaves, the signal aborts. The turn stays in the thread as stopped, with the answer so far.
    const run = conversation.runStream(text, { key, signal: context.req.raw.signal });
    return streamSSE(context, (stream) => sendEvents(stream, run));
  });

  routes.delete("/:id", async (context) => {
    await store.namespace(context.var.user).delete(context.req.param("id"));
    return context.body(null, 204);
  });

  routes.onError((error, context) => {
    const { status, body } = failure(error);
    return context.json(body, status as 500);
  });
  return routes;
}
