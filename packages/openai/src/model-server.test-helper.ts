import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LLMock } from "@copilotkit/aimock";
import { OpenAI } from "openai";
import { onTestFinished } from "vitest";

/** Starts an aimock server on a free port, which is stopped at the end of the test. */
export async function startMock(): Promise<LLMock> {
  const mock = await LLMock.create({ port: 0, host: "127.0.0.1", logLevel: "silent", chunkSize: 4 });
  onTestFinished(() => mock.stop());
  return mock;
}

/** A client without retries, so that requests can be counted. */
export function clientOf(server: { readonly url: string }): OpenAI {
  return new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "sk-secret-of-the-test", maxRetries: 0 });
}

/** Returns the messages of each request so far. */
export function sentMessages(mock: LLMock): unknown[][] {
  return mock.getRequests().map(({ body }) => (body as unknown as { messages: unknown[] }).messages);
}

export interface WireServer {
  readonly url: string;
  /** The parsed bodies of the requests so far. */
  readonly bodies: { [member: string]: unknown }[];
}

/** Starts a server that sends the next of `answers` to each request, for responses that aimock does not support. */
export async function startWireServer(
  ...answers: ((response: ServerResponse, request: IncomingMessage) => void)[]
): Promise<WireServer> {
  const bodies: WireServer["bodies"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString("utf8")) as { [member: string]: unknown });
      const answer = answers[bodies.length - 1];
      if (answer === undefined) response.writeHead(500).end("There are no more answers.");
      else answer(response, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

/** Sends a completion that contains `message`. */
export function completion(message: object, members: object = {}): (response: ServerResponse) => void {
  return json({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message, finish_reason: "stop", logprobs: null }],
    ...members,
  });
}

export function json(body: unknown, status = 200): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
}

/** Streams the deltas of one choice and a finish reason. */
export function deltas(...pieces: object[]): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const piece of pieces) response.write(deltaEvent(piece));
    response.write(deltaEvent({}, "stop"));
    response.end("data: [DONE]\n\n");
  };
}

export function deltaEvent(delta: object, finishReason: string | null = null): string {
  const chunk = {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** An assistant message that calls tools. */
export function calling(...calls: [id: string, name: string, args: string][]): object {
  return {
    role: "assistant",
    content: null,
    tool_calls: calls.map(([id, name, args]) => ({
      id,
      type: "function",
      function: { name, arguments: args },
    })),
  };
}
