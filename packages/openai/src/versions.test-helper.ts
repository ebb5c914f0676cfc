import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { ChatClient, ResponsesClient } from "./client.ts";
import { calling, completion, deltas, json, startWireServer } from "./model-server.test-helper.ts";

/** The class `OpenAI` of a version of the package, in one of its copies. */
export type ClientClass = new (options: {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly maxRetries: number;
  readonly timeout?: number;
}) => ChatClient & ResponsesClient;

type Agents = Pick<typeof import("./index.ts"), "createChatAgent" | "createResponsesAgent" | "defineTool">;
type Answer = (response: ServerResponse) => void;

const message = { role: "assistant", content: "Blue sky." };
const content = [{ type: "output_text", text: "Blue sky.", annotations: [] }];
const output = [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content }];
const response = { id: "resp_1", object: "response", created_at: 1, model: "m", status: "completed", output };

/** Defines the tests of what agents do with a client. */
export function testClient(agents: Agents, Client: ClientClass): void {
  testRuns(agents, Client);
  testFailures(agents, Client);
}

function testRuns({ createChatAgent, createResponsesAgent, defineTool }: Agents, Client: ClientClass): void {
  test("runs and streams, with a tool", async () => {
    const look = defineTool({ name: "look", run: () => "blue" });
    const call = calling(["1", "look", "{}"]) as { tool_calls: object[] };
    const pieces = { ...call, tool_calls: call.tool_calls.map((each) => ({ ...each, index: 0 })) };
    const server = await startWireServer(
      completion(call),
      completion(message),
      deltas(pieces),
      deltas({ role: "assistant", content: "Blue " }, { content: "sky." }),
    );
    const agent = createChatAgent({ client: clientFor(Client, server.url), model: "m", tools: [look] });
    const { text, thread } = await agent.run("Is the sky blue?");
    expect(text).toBe("Blue sky.");
    expect((await agent.runStream("Really?", thread).result).text).toBe("Blue sky.");
    expect(thread.messages).toHaveLength(8);
  });

  test("runs and streams with the Responses API, and its conversations", async () => {
    const server = await startWireServer(
      json({ id: "conv_1", object: "conversation", created_at: 1, metadata: {} }),
      json(response),
      events({ type: "response.output_text.delta", delta: "Blue" }, { type: "response.completed", response }),
    );
    const client = clientFor(Client, server.url);
    const agent = createResponsesAgent({ client, model: "m", storage: "conversation" });
    const { text, thread } = await agent.run("Is the sky blue?");
    expect(text).toBe("Blue sky.");
    expect((await agent.runStream("Really?", thread).result).text).toBe("Blue sky.");
    expect(server.bodies.at(-1)).toMatchObject({ conversation: "conv_1", stream: true });
  });
}

function testFailures({ createChatAgent, createResponsesAgent }: Agents, Client: ClientClass): void {
  test.each<[string, Answer | undefined, object]>([
    ["a refused connection", undefined, { code: "MODEL_UNAVAILABLE", retryable: true, status: undefined }],
    ["a lost connection", (lost) => lost.destroy(), { code: "MODEL_UNAVAILABLE", retryable: true }],
    ["404", rejection(404, "model_not_found"), { code: "MODEL_REFUSED", retryable: false, status: 404 }],
    [
      "429",
      rejection(429, "rate_limit_exceeded"),
      { code: "MODEL_UNAVAILABLE", retryable: true, status: 429 },
    ],
    ["an empty quota", rejection(429, "insufficient_quota"), { code: "MODEL_REFUSED", status: 429 }],
    ["503", rejection(503, "overloaded"), { code: "MODEL_UNAVAILABLE", retryable: true, status: 503 }],
    ["JSON that is cut off", page("application/json", "{x"), { code: "RESPONSE_INVALID" }],
  ])("%s has its code", async (_failure, answer, expected) => {
    const url = answer === undefined ? "http://127.0.0.1:1" : (await startWireServer(answer, answer)).url;
    const client = clientFor(Client, url);
    await expect(createChatAgent({ client, model: "m" }).run("x")).rejects.toMatchObject(expected);
    await expect(createResponsesAgent({ client, model: "m" }).run("x")).rejects.toMatchObject(expected);
  });

  test("a timeout, and the page of a proxy, have their codes", async () => {
    const silent = await startWireServer(() => undefined);
    const hurried = createChatAgent({ client: clientFor(Client, silent.url, 20), model: "m" });
    await expect(hurried.run("x")).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE", retryable: true });
    const proxy = await startWireServer(page("text/html", "<html>"));
    const agent = createChatAgent({ client: clientFor(Client, proxy.url), model: "m" });
    await expect(agent.run("x")).rejects.toMatchObject({ code: "RESPONSE_INVALID" });
  });

  test("a stream that ends early is interrupted", async () => {
    const server = await startWireServer((early) => {
      early.writeHead(200, { "content-type": "text/event-stream" });
      early.write(`data: {"choices":[{"index":0,"delta":{"content":"Bl"}}]}\n\n`, () => early.destroy());
    });
    const { result } = createChatAgent({ client: clientFor(Client, server.url), model: "m" }).runStream("x");
    await expect(result).rejects.toMatchObject({ code: "STREAM_INTERRUPTED" });
  });
}

function clientFor(Client: ClientClass, url: string, timeout?: number): ChatClient & ResponsesClient {
  const settings = { baseURL: `${url}/v1`, apiKey: "sk-of-the-test", maxRetries: 0 };
  return new Client(timeout === undefined ? settings : { ...settings, timeout });
}

function rejection(status: number, code: string): Answer {
  return json({ error: { message: "no", code } }, status);
}

function page(type: string, body: string): Answer {
  return (answer) => void answer.writeHead(200, { "content-type": type }).end(body);
}

function events(...bodies: { readonly type: string; readonly [member: string]: unknown }[]): Answer {
  return (answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    answer.end(bodies.map((body) => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`).join(""));
  };
}
