import type { ThreadStore } from "@threadstore/core";
import type { ChatAgent } from "@threadstore/openai";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { createChat } from "./chat.ts";
import { addConversationRoutes } from "./conversation-routes.ts";
import { serveFiles } from "./files.ts";
import { respondWithProblem } from "./problems.ts";
import { addTurnRoutes } from "./turn-routes.ts";

/** Enough for the longest message, escaped. */
const MAX_BODY_BYTES = 200_000;

/**
 * Creates a chat application with many conversations, on any store and agent. Conversations live in the store alone, so
 * any number of processes can serve them. Only the button that stops an answer needs the process that streams it.
 */
export function createApp(store: ThreadStore, agent: ChatAgent): Hono {
  const chat = createChat(store, agent);
  const app = new Hono();
  // Whatever a model writes, nothing but the files of this page can run or be loaded.
  const self = ["'self'"];
  const contentSecurityPolicy = { defaultSrc: self, baseUri: self, frameAncestors: ["'none'"] };
  app.use(secureHeaders({ contentSecurityPolicy }), bodyLimit({ maxSize: MAX_BODY_BYTES }));
  app.onError(respondWithProblem);
  serveFiles(app);
  addConversationRoutes(app, chat);
  addTurnRoutes(app, chat);
  return app;
}
