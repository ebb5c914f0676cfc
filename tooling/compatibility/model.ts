import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A server that speaks OpenAI's protocol for chats, whose answer is the number of messages that it received. */
export interface CountingModel {
  /** The variables by which the client library finds the server. */
  readonly env: { readonly OPENAI_BASE_URL: string; readonly OPENAI_API_KEY: string };
  stop(): void;
}

interface ChatRequest {
  readonly messages: readonly unknown[];
  readonly stream?: boolean;
}

export async function startModel(): Promise<CountingModel> {
  const server = createServer((request, response) => {
    void text(request).then((body) => respond(response, JSON.parse(body) as ChatRequest));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    env: { OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`, OPENAI_API_KEY: "none" },
    stop: () => server.close(),
  };
}

function respond(response: ServerResponse, { messages: { length }, stream = false }: ChatRequest): void {
  const message = { role: "assistant", content: `${length} message${length === 1 ? "" : "s"}` };
  const common = { id: "1", created: 0, model: "m" };
  if (stream) {
    const chunk = (delta: object, finish_reason: string | null): string =>
      `data: ${JSON.stringify({ ...common, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
    response.setHeader("content-type", "text/event-stream");
    response.end(`${chunk(message, null)}${chunk({}, "stop")}data: [DONE]\n\n`);
    return;
  }
  response.setHeader("content-type", "application/json");
  const choices = [{ index: 0, finish_reason: "stop", message }];
  response.end(JSON.stringify({ ...common, object: "chat.completion", choices }));
}
