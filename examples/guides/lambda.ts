// An AWS Lambda function with a function URL. The store and the agent outlive an invocation, the conversation does not.
import type { ThreadStore } from "@threadstore/core";
import { type ChatAgent, createChatAgent, openConversation } from "@threadstore/openai";
import { s3Store } from "@threadstore/s3";
import OpenAI from "openai";
import { failure, readMessage } from "./http.ts";

interface Event {
  readonly body: string;
  readonly requestContext: { readonly authorizer: { readonly iam: { readonly userId: string } } };
}

interface Context {
  getRemainingTimeInMillis(): number;
}

interface Result {
  readonly statusCode: number;
  readonly body: string;
}

type Handler = (event: Event, context: Context) => Promise<Result>;

/** Creates the function. A test passes another store and agent. */
export function createHandler(store: ThreadStore, agent: ChatAgent): Handler {
  return async function handler(event: Event, context: Context): Promise<Result> {
    // Stops the turn before Lambda ends the invocation, so that there is time to save the beginning of the answer.
    const signal = AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - 3000));
    try {
      const request = JSON.parse(event.body) as { id: string };
      // A client that repeats the request with the same key gets the same answer.
      const { text, key } = readMessage(request);
      const threads = store.namespace(event.requestContext.authorizer.iam.userId);
      const conversation = openConversation({ agent, store: threads, id: request.id, journal: true });
      const answer = await conversation.run(text, { key, signal });
      return { statusCode: 200, body: JSON.stringify({ answer: answer.text }) };
    } catch (error) {
      if (signal.aborted) return { statusCode: 504, body: JSON.stringify({ code: "TIMEOUT" }) };
      const { status, body } = failure(error);
      return { statusCode: status, body: JSON.stringify(body) };
    }
  };
}

// Neither connects before the first call.
const store = s3Store({ bucket: process.env["BUCKET"] ?? "my-agents" });
const agent = createChatAgent({ client: new OpenAI(), model: "gpt-4o-mini", name: "Assistant" });
export const handler: Handler = createHandler(store, agent);
