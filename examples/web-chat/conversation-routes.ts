import type { ThreadStore } from "@threadstore/core";
import type { Context, Hono } from "hono";
import type { Chat } from "./chat.ts";
import { respondWithProblem } from "./problems.ts";
import { readId, readTitle } from "./requests.ts";
import { shownConversation } from "./shown-conversation.ts";

/** Conversations on one page of the list. */
const PAGE_LENGTH = 50;

/** Adds the routes that list, show, rename and delete conversations. */
export function addConversationRoutes(app: Hono, { store, turns, open }: Chat): void {
  app.get("/conversations", (context) => listConversations(store, context));

  app.get("/conversations/:id", async (context) => {
    const loaded = await open(readId(context)).load();
    if (loaded === undefined) return respondWithProblem("MISSING", context);
    const etag = `"${loaded.stored.version}"`;
    if (context.req.header("if-none-match") === etag) return context.body(null, 304);
    return context.json(shownConversation(loaded), 200, { etag });
  });

  app.patch("/conversations/:id", async (context) => {
    const metadata = { title: await readTitle(context) };
    const touched = await store.touch(readId(context), { metadata });
    return touched === undefined ? respondWithProblem("MISSING", context) : context.body(null, 204);
  });

  app.delete("/conversations/:id", async (context) => {
    const id = readId(context);
    await turns.stop(id);
    await open(id).delete();
    return context.body(null, 204);
  });
}

/** Lists the conversations, those that were used last first. */
async function listConversations(store: ThreadStore, context: Context): Promise<Response> {
  const cursor = context.req.query("cursor");
  const page = await store.listPage({ order: "updated", limit: PAGE_LENGTH, metadata: true, cursor });
  const conversations = page.threads.map(({ id, corrupt, metadata, updatedAt }) => {
    const title = corrupt ? "This conversation is damaged" : metadata?.["title"];
    return { id, title: title ?? "Untitled", updatedAt };
  });
  return context.json({ conversations, cursor: page.cursor });
}
