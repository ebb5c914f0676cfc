import { AuthenticationError, AzureOpenAI, OpenAI, RateLimitError } from "openai";
import { describe, expect, test } from "vitest";
import { AgentError, createChatAgent, type ChatAgent } from "./index.ts";
import { clientOf, completion, json, startMock, startWireServer } from "./model-server.test-helper.ts";

const question = "my password is hunter2";

async function failure(agent: ChatAgent): Promise<AgentError> {
  const thread = agent.getNewThread();
  const error: unknown = await agent.run(question, thread).catch((reason: unknown) => reason);
  if (!AgentError.is(error)) throw new Error("This is not an AgentError.", { cause: error });
  expect(thread.messages).toEqual([]);
  const shown = `${error.message} ${JSON.stringify(error)}`;
  expect(shown).not.toMatch(/hunter2|sk-secret|127\.0\.0\.1/);
  return error;
}

describe("a failed model call", () => {
  test.each<[number, string | undefined, string, boolean]>([
    [400, "context_length_exceeded", "MODEL_REFUSED", false],
    [401, "invalid_api_key", "MODEL_REFUSED", false],
    [403, undefined, "MODEL_REFUSED", false],
    [404, "DeploymentNotFound", "MODEL_REFUSED", false],
    [408, undefined, "MODEL_UNAVAILABLE", true],
    [409, undefined, "MODEL_UNAVAILABLE", true],
    [422, undefined, "MODEL_REFUSED", false],
    [429, "rate_limit_exceeded", "MODEL_UNAVAILABLE", true],
    [429, "insufficient_quota", "MODEL_REFUSED", false],
    [500, undefined, "MODEL_UNAVAILABLE", true],
    [503, "overloaded", "MODEL_UNAVAILABLE", true],
  ])("with status %i (%s) is %s", async (status, providerCode, code, retryable) => {
    const mock = await startMock();
    const body = { message: `You sent ${question} with sk-secret-of-the-test`, type: "x" };
    mock.nextRequestError(status, providerCode === undefined ? body : { ...body, code: providerCode });
    const error = await failure(createChatAgent({ client: clientOf(mock), model: "m" }));
    expect(error).toMatchObject({ code, retryable, status });
    expect(error.cause).toBeInstanceOf(OpenAI.APIError);
    expect(error.message).toContain(providerCode ?? `(status ${status}`);
    expect(mock.getRequests()).toHaveLength(1);
  });

  test("has the unchanged error of the openai package as its cause", async () => {
    const mock = await startMock();
    const agent = createChatAgent({ client: clientOf(mock), model: "m" });
    mock.nextRequestError(401, { message: "bad key" });
    expect((await failure(agent)).cause).toBeInstanceOf(AuthenticationError);
    mock.nextRequestError(429, { message: "slow down" });
    const { cause } = await failure(agent);
    expect(cause).toBeInstanceOf(RateLimitError);
    expect((cause as RateLimitError).message).toContain("slow down");
  });

  test("has the same code if a stream has not started", async () => {
    const mock = await startMock();
    mock.nextRequestError(401, { message: "bad key" });
    const agent = createChatAgent({ client: clientOf(mock), model: "m" });
    await expect(agent.runStream("x").result).rejects.toMatchObject({ code: "MODEL_REFUSED", status: 401 });
  });

  test("is retried only by the client", async () => {
    const down = json({ error: { message: "down" } }, 503);
    const server = await startWireServer(
      (response) => response.writeHead(503, { "retry-after-ms": "1" }).end(),
      completion({ role: "assistant", content: "up again" }),
      down,
    );
    const client = clientOf(server);
    const patient = createChatAgent({ client: client.withOptions({ maxRetries: 1 }), model: "m" });
    expect((await patient.run("x")).text).toBe("up again");
    await failure(createChatAgent({ client, model: "m" }));
    expect(server.bodies).toHaveLength(3);
  });

  test("is MODEL_UNAVAILABLE if the server is unreachable", async () => {
    const error = await failure(
      createChatAgent({ client: clientOf({ url: "http://127.0.0.1:1" }), model: "m" }),
    );
    expect(error).toMatchObject({ code: "MODEL_UNAVAILABLE", status: undefined });
    expect(error.cause).toBeInstanceOf(OpenAI.APIConnectionError);
  });

  test("is MODEL_UNAVAILABLE if the client times out", async () => {
    const server = await startWireServer(() => {});
    const client = clientOf(server).withOptions({ timeout: 50 });
    const error = await failure(createChatAgent({ client, model: "m" }));
    expect(error).toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(error.cause).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
  });

  test("is MODEL_UNAVAILABLE if the response is truncated", async () => {
    const server = await startWireServer((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"choices":[', () => response.destroy());
    });
    expect(await failure(createChatAgent({ client: clientOf(server), model: "m" }))).toMatchObject({
      code: "MODEL_UNAVAILABLE",
      retryable: true,
    });
  });

  test("is CLIENT_FAILED if the client has no credentials, with their error in the cause", async () => {
    const mock = await startMock();
    const noLogin = new Error("Please run az login");
    const client = new AzureOpenAI({
      endpoint: mock.url,
      apiVersion: "2024-10-21",
      azureADTokenProvider: async () => Promise.reject(noLogin),
      maxRetries: 0,
    });
    const error = await failure(createChatAgent({ client, model: "m" }));
    expect(error).toMatchObject({ code: "CLIENT_FAILED", retryable: false });
    expect((error.cause as Error).cause).toBe(noLogin);
    expect(mock.getRequests()).toHaveLength(0);
  });

  test.each<[string, Parameters<typeof startWireServer>[0]]>([
    ["an HTML page", (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>")],
    [
      "malformed JSON",
      (response) => response.writeHead(200, { "content-type": "application/json" }).end("{x"),
    ],
    ["an empty object", json({})],
    ["an empty list of choices", json({ choices: [] })],
    ["a choice without a message", json({ choices: [{}] })],
    ["a user message", completion({ role: "user", content: "I am the model" })],
    ["invalid content", completion({ role: "assistant", content: 5 })],
    [
      "arguments that are not a string",
      completion({
        role: "assistant",
        tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: {} } }],
      }),
    ],
  ])("is RESPONSE_INVALID if the response is %s", async (_name, answer) => {
    const server = await startWireServer(answer);
    expect(await failure(createChatAgent({ client: clientOf(server), model: "m" }))).toMatchObject({
      code: "RESPONSE_INVALID",
      retryable: false,
    });
  });
});

describe("AgentError", () => {
  test("recognizes errors of other installed copies", () => {
    const error = new AgentError("THREAD_BUSY", "busy");
    expect(AgentError.is(error)).toBe(true);
    expect(AgentError.is(error, "THREAD_BUSY")).toBe(true);
    expect(AgentError.is(error, "THREAD_INVALID")).toBe(false);
    const foreign = { code: "THREAD_BUSY", [Symbol.for("threadstore.agent-error")]: true };
    expect(AgentError.is(foreign, "THREAD_BUSY")).toBe(true);
    for (const other of [undefined, null, "x", new Error("x")]) expect(AgentError.is(other)).toBe(false);
    expect("cause" in error).toBe(false);
  });
});
