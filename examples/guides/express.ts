// Threads over HTTP with Express 5. It holds no state, so any number of processes can serve it.
import type { ThreadStore } from "@threadstore/core";
import { type ChatAgent, openConversation } from "@threadstore/openai";
import express, { type NextFunction, type Request, type Response, type Router } from "express";
import { failure, readMessage } from "./http.ts";

/** Creates the routes. Your authentication sets `response.locals.user` before them. */
export function threadRoutes(store: ThreadStore, agent: ChatAgent): Router {
  const router = express.Router();
  // Each user has a namespace, so an id never leads to a thread of another user.
  const threadsOf = (response: Response): ThreadStore => store.namespace(String(response.locals["user"]));

  router.get("/:id", async (request, response) => {
    const stored = await threadsOf(response).load(request.params.id);
    const etag = `"${stored?.version}"`;
    if (stored === undefined) response.sendStatus(404);
    else if (request.get("if-none-match") === etag) response.status(304).end();
    else response.set("etag", etag).json(stored.thread);
  });

  router.post("/:id", express.json(), async (request, response) => {
    const { text, key } = readMessage(request.body);
    // Stops the turn if the user leaves before the answer is complete.
    const stop = new AbortController();
    response.on("close", () => stop.abort());
    const conversation = openConversation({
      agent,
      store: threadsOf(response),
      id: request.params.id,
      journal: true,
    });
    const run = conversation.runStream(text, { key, signal: stop.signal });
    response.type("application/x-ndjson");
    try {
      for await (const event of run) response.write(`${JSON.stringify(event)}\n`);
      // A request that is repeated gets no events, only the answer.
      const { text: answer, status } = await run.result;
      response.write(`${JSON.stringify({ type: "end", text: answer, status })}\n`);
    } catch (error) {
      response.write(`${JSON.stringify({ type: "problem", ...failure(error).body })}\n`);
    }
    response.end();
  });

  router.delete("/:id", async (request, response) => {
    await threadsOf(response).delete(request.params.id);
    response.sendStatus(204);
  });

  // Express recognizes an error handler by its four parameters.
  router.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const { status, body } = failure(error);
    response.status(status).json(body);
  });
  return router;
}
