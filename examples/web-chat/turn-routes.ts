import type { Hono } from "hono";
import { stream } from "hono/streaming";
import type { StreamingApi } from "hono/utils/stream";
import type { Chat } from "./chat.ts";
import { problemOf } from "./problems.ts";
import { readId, readMessage } from "./requests.ts";

/** Adds the routes that send a message and stop its answer. */
export function addTurnRoutes(app: Hono, { store, turns, open }: Chat): void {
  app.post("/conversations/:id/messages", async (context) => {
    const id = readId(context);
    const { text, key } = await readMessage(context);
    const isNew = (await store.load(id)) === undefined;
    const conversation = open(id, isNew ? { title: titleOf(text) } : undefined);
    context.header("content-type", "application/x-ndjson");
    return stream(context, (response) =>
      streamTurn(response, (send) =>
        turns.run(id, async (signal) => {
          for await (const event of conversation.runStream(text, { key, signal })) await send(event);
        }),
      ),
    );
  });

  app.post("/conversations/:id/stop", async (context) => {
    await turns.stop(readId(context));
    return context.body(null, 204);
  });
}

/** Sends the events of a turn, and at last how it ended. */
async function streamTurn(
  response: StreamingApi,
  runTurn: (send: (event: object) => Promise<void>) => Promise<void>,
): Promise<void> {
  // If the browser is gone, the turn still ends, and its answer is stored.
  const send = async (event: object): Promise<void> => {
    if (!response.aborted) await response.writeln(JSON.stringify(event));
  };
  try {
    await runTurn(send);
    await send({ type: "done" });
  } catch (error) {
    await send({ type: "problem", ...problemOf(error) });
  }
}

/** Returns the title of a conversation that begins with the text. */
function titleOf(text: string): string {
  const line = text.trim().split("\n", 1).join("");
  return line.length > 60 ? `${line.slice(0, 59).toWellFormed()}…` : line;
}
