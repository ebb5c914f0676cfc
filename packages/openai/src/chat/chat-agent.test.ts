import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { AzureOpenAI } from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createChatAgent, defineTool, type ChatAgentOptions, type ChatMessage } from "../index.ts";
import {
  clientOf,
  completion,
  json,
  sentMessages,
  startMock,
  startWireServer,
} from "../model-server.test-helper.ts";

const instructions = "You are a helpful assistant.";
const joke = "Why could the pirate not learn the alphabet? He kept getting lost at C. 🏴‍☠️";
const model = "gpt-4o-mini";

describe("the tutorial", () => {
  test("resumes a conversation in another process, which sends the earlier messages", async () => {
    const mock = await startMock();
    mock.onMessage("Tell me a short pirate joke.", { content: joke });
    mock.onMessage("Now tell that joke in the voice of a pirate.", { content: "Arr, I be lost at C!" });
    const agent = createChatAgent({ client: clientOf(mock), model, name: "Assistant", instructions });
    const thread = agent.getNewThread();
    expect((await agent.run("Tell me a short pirate joke.", thread)).text).toBe(joke);
    const text = JSON.stringify(await thread.serialize());

    const script = `
      import OpenAI from "openai";
      import { createChatAgent } from "../index.ts";
      const client = new OpenAI({ apiKey: "k", maxRetries: 0 });
      const agent = createChatAgent({ client, model: "${model}", name: "Assistant", instructions: "${instructions}" });
      const thread = await agent.deserializeThread(process.env.THREAD);
      const { text } = await agent.run("Now tell that joke in the voice of a pirate.", thread);
      process.stdout.write(JSON.stringify({ text, thread: await thread.serialize() }));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", script],
      {
        cwd: fileURLToPath(new URL(".", import.meta.url)),
        env: { ...process.env, THREAD: text, OPENAI_BASE_URL: `${mock.url}/v1` },
      },
    );

    const resumed = JSON.parse(stdout) as { text: string; thread: { messages: unknown[] } };
    expect(resumed.text).toBe("Arr, I be lost at C!");
    expect(resumed.thread.messages).toHaveLength(4);
    expect(sentMessages(mock).map((messages) => messages.map(outline))).toEqual([
      [`system: ${instructions}`, "user: Tell me a short pirate joke."],
      [
        `system: ${instructions}`,
        "user: Tell me a short pirate joke.",
        `assistant: ${joke}`,
        "user: Now tell that joke in the voice of a pirate.",
      ],
    ]);
    // The saved beginning is unchanged byte for byte.
    expect(JSON.stringify(resumed.thread).startsWith(text.slice(0, -2))).toBe(true);
  });

  test("works with an AzureOpenAI client and a token provider", async () => {
    const mock = await startMock();
    mock.onMessage("joke", { content: joke });
    const client = new AzureOpenAI({
      endpoint: mock.url,
      apiVersion: "2024-10-21",
      azureADTokenProvider: async () => "token",
      maxRetries: 0,
    });
    const agent = createChatAgent({ client, model });
    expect((await agent.run("joke")).text).toBe(joke);
    expect(await agent.runStream("joke").result).toMatchObject({ text: joke });
    expect(mock.getLastRequest()?.path).toContain(`/openai/deployments/${model}/chat/completions`);
  });
});

describe("run", () => {
  test("resolves with the text, the new messages, the usage, the finish reason and the thread", async () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
    const message = { role: "assistant", content: "Hello." };
    const server = await startWireServer(completion(message, { usage }), completion(message));
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const result = await agent.run("Hi");
    expect(result).toMatchObject({ text: "Hello.", refusal: undefined, finishReason: "stop", usage });
    expect(result.messages).toEqual([{ role: "user", content: "Hi" }, message]);
    expect(result.thread.messages).toEqual(result.messages);
    const next = await agent.run("Again", result.thread);
    expect(next.usage).toBeUndefined();
    expect(next.messages).toHaveLength(2);
    expect(next.thread).toBe(result.thread);
    expect(next.thread.messages).toHaveLength(4);
  });

  test("adds the usage of several model calls, including details", async () => {
    const tool = defineTool({ name: "now", run: () => "noon" });
    const call = { id: "1", type: "function", function: { name: "now", arguments: "" } };
    const server = await startWireServer(
      completion(
        { role: "assistant", content: null, tool_calls: [call] },
        { usage: { total_tokens: 3, prompt_tokens_details: { cached_tokens: 1 }, tier: "a" } },
      ),
      completion(
        { role: "assistant", content: "noon" },
        {
          usage: { total_tokens: 4, prompt_tokens_details: { cached_tokens: 2, audio_tokens: 5 }, tier: "b" },
        },
      ),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [tool] });
    expect((await agent.run("When?")).usage).toEqual({
      total_tokens: 7,
      prompt_tokens_details: { cached_tokens: 3, audio_tokens: 5 },
      tier: "b",
    });
  });

  test("resolves with empty text after a refusal", async () => {
    const server = await startWireServer(completion({ role: "assistant", content: null, refusal: "No." }));
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    expect(await agent.run("Do it")).toMatchObject({ text: "", refusal: "No." });
  });

  test("joins the text of content parts", async () => {
    const content = [
      { type: "text", text: "Hel" },
      { type: "text", text: "lo" },
    ];
    const server = await startWireServer(completion({ role: "assistant", content }));
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    expect((await agent.run("Hi")).text).toBe("Hello");
  });

  test("sends and stores messages in wire form, including unknown members", async () => {
    const answer = {
      role: "assistant",
      content: "A cat.",
      annotations: [],
      reasoning_content: "whiskers",
      extra_content: { google: { thought_signature: "c2ln" } },
    };
    const server = await startWireServer(completion(answer), completion(answer));
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    const image = {
      role: "user",
      name: "ann",
      content: [
        { type: "text", text: "What is it?" },
        { type: "image_url", image_url: { url: "data:image/png;base64,AAAA", detail: "low" } },
      ],
      cache_control: { type: "ephemeral" },
      left_out: undefined,
    } as unknown as ChatMessage;
    await agent.run(image, thread);
    const second: ChatMessage[] = [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "Sure?" },
    ];
    await agent.run(second, thread);
    const { left_out: _leftOut, ...sentImage } = image as unknown as { left_out: undefined };
    expect(server.bodies[1]?.["messages"]).toEqual([sentImage, answer, ...second]);
    const saved = JSON.parse(JSON.stringify(await thread.serialize())) as { messages: unknown[] };
    expect(saved.messages).toEqual([sentImage, answer, ...second, answer]);
    const loaded = await agent.deserializeThread(JSON.stringify(saved));
    expect(await loaded.serialize()).toEqual(saved);
  });

  test("sends only the id of an assistant message's audio, and stores all of it", async () => {
    const audio = { id: "audio_1", data: "AAAA", expires_at: 1, transcript: "Hi" };
    const answer = { role: "assistant", content: null, audio };
    const server = await startWireServer(completion(answer), completion(answer));
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const { thread } = await agent.run("Speak");
    await agent.run("Again", thread);
    expect(server.bodies[1]?.["messages"]).toContainEqual({ ...answer, audio: { id: "audio_1" } });
    expect(thread.messages[1]).toEqual(answer);
  });

  test("overrides the agent's model and parameters, and removes those set to undefined", async () => {
    const answer = completion({ role: "assistant", content: "ok" });
    const server = await startWireServer(answer, answer);
    const parameters = { temperature: 0.2, seed: 7, stream_options: { include_usage: true } };
    const agent = createChatAgent({ client: clientOf(server), model: "m", parameters });
    await agent.run("a");
    await agent.run("b", undefined, { model: "n", parameters: { temperature: 1, seed: undefined as never } });
    expect(server.bodies).toEqual([
      { model: "m", temperature: 0.2, seed: 7, messages: [{ role: "user", content: "a" }] },
      { model: "n", temperature: 1, messages: [{ role: "user", content: "b" }] },
    ]);
  });

  test("sends a parseable response format without storing parsed values", async () => {
    const mock = await startMock();
    mock.onMessage("joke", { content: '{"joke":"ha"}' });
    const format = zodResponseFormat(z.object({ joke: z.string() }), "joke");
    const agent = createChatAgent({
      client: clientOf(mock),
      model,
      parameters: { response_format: format },
    });
    const { result } = agent.runStream("joke");
    expect((await result).messages[1]).toEqual({
      role: "assistant",
      content: '{"joke":"ha"}',
      refusal: null,
    });
    expect(mock.getLastRequest()?.body).toMatchObject({ response_format: { type: "json_schema" } });
  });

  test("rejects lone surrogates in input and replaces them in responses", async () => {
    const server = await startWireServer((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end('{"choices":[{"message":{"role":"assistant","content":"cut \\ud83c"}}]}');
    });
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    await expect(agent.run("cut \ud83c")).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "input" });
    expect(server.bodies).toHaveLength(0);
    expect((await agent.run("go on")).text).toBe("cut \ufffd");
  });

  test.each<[string, unknown, string]>([
    ["undefined", undefined, "input[0]"],
    ["an empty array", [], "input"],
    ["an unknown role", { role: "critic", content: "x" }, "input[0].role"],
    ["an inherited name as role", { role: "constructor", content: "x" }, "input[0].role"],
    ["a date", { role: "user", content: "x", at: new Date(0) }, "input[0].at"],
    ["a result without its call", [{ role: "tool", tool_call_id: "1", content: "x" }], "input[0]"],
    [
      "a call without its result",
      [
        { role: "user", content: "x" },
        {
          role: "assistant",
          tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "" } }],
        },
      ],
      "input[1].tool_calls",
    ],
  ])("rejects input of %s with the path", async (_name, input, path) => {
    const server = await startWireServer();
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    await expect(agent.run(input as string, thread)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path,
    });
    expect(thread.messages).toEqual([]);
    expect(server.bodies).toHaveLength(0);
  });

  test("copies the input and freezes the messages", async () => {
    const server = await startWireServer(completion({ role: "assistant", content: "ok" }));
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    const message = { role: "user" as const, content: "before" };
    const running = agent.run(message, thread);
    message.content = "after";
    await running;
    expect(thread.messages[0]).toEqual({ role: "user", content: "before" });
    expect(Object.isFrozen(thread.messages)).toBe(true);
    expect(Object.isFrozen(thread.messages[0])).toBe(true);
  });
});

describe("threads and runs", () => {
  test("a concurrent run of the same thread rejects with THREAD_BUSY", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const say = completion({ role: "assistant", content: "one" });
    const server = await startWireServer(
      (response) => {
        asked.resolve();
        void answer.promise.then(() => say(response));
      },
      completion({ role: "assistant", content: "two" }),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    const first = agent.run("1", thread);
    await asked.promise;
    await expect(agent.run("2", thread)).rejects.toMatchObject({ code: "THREAD_BUSY", retryable: true });
    await expect(agent.runStream("2", thread).result).rejects.toMatchObject({ code: "THREAD_BUSY" });
    expect(thread.messages).toEqual([]);
    expect(server.bodies).toHaveLength(1);
    answer.resolve();
    expect((await first).text).toBe("one");
    expect((await agent.run("2", thread)).text).toBe("two");
    expect(thread.messages.map(outline)).toEqual(["user: 1", "assistant: one", "user: 2", "assistant: two"]);
  });

  test("separate threads of one agent run concurrently", async () => {
    const mock = await startMock();
    mock.onMessage(/./, (request) => ({
      content: `echo ${JSON.stringify(request.messages.at(-1)?.content)}`,
    }));
    const agent = createChatAgent({ client: clientOf(mock), model });
    const results = await Promise.all(["a", "b", "c"].map((text) => agent.run(text)));
    expect(results.map(({ text }) => text)).toEqual(['echo "a"', 'echo "b"', 'echo "c"']);
  });

  test("another agent's thread and serialized threads are rejected", async () => {
    const server = await startWireServer();
    const client = clientOf(server);
    const thread = createChatAgent({ client, model: "m", name: "Support" }).getNewThread();
    const agent = createChatAgent({ client, model: "m" });
    expect(agent).toMatchObject({ name: "Assistant", kind: "chat" });
    await expect(agent.run("x", thread)).rejects.toMatchObject({
      code: "THREAD_MISMATCH",
      message: expect.stringContaining('agent "Support", and this agent is "Assistant"') as string,
    });
    const data = (await thread.serialize()) as unknown as typeof thread;
    await expect(agent.run("x", data)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "thread" });
  });

  test("a failed run leaves the thread unchanged, and it can be run again", async () => {
    const server = await startWireServer(
      completion({ role: "assistant", content: "one" }),
      json({ error: { message: "down" } }, 500),
      completion({ role: "assistant", content: "three" }),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const { thread } = await agent.run("1");
    const before = await thread.serialize();
    await expect(agent.run("2", thread)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(await thread.serialize()).toEqual(before);
    await agent.run("3", thread);
    expect(thread.messages.map(outline)).toEqual([
      "user: 1",
      "assistant: one",
      "user: 3",
      "assistant: three",
    ]);
  });
});

describe("createChatAgent rejects", () => {
  const tool = defineTool({ name: "now", run: () => "noon" });
  const client = clientOf({ url: "http://127.0.0.1:9" });
  test.each<[string, object, string]>([
    ["a missing client", { client: undefined }, "client"],
    ["an empty model", { model: "" }, "model"],
    ["an empty name", { name: "" }, "name"],
    ["instructions that are not a string", { instructions: 5 }, "instructions"],
    ["a fractional maxToolRounds", { maxToolRounds: 1.5 }, "maxToolRounds"],
    ["two tools with the same name", { tools: [tool, tool] }, "tools[1]"],
    ["an object that is not a tool", { tools: [{ name: "x" }] }, "tools[0]"],
    ["messages among the parameters", { parameters: { messages: [] } }, "parameters.messages"],
    ["several choices", { parameters: { n: 2 } }, "parameters.n"],
    ["a parameter that JSON cannot represent", { parameters: { seed: Number.NaN } }, "parameters.seed"],
    [
      "a choice of a tool that it does not have",
      { tools: [tool], parameters: { tool_choice: { type: "function", function: { name: "later" } } } },
      "parameters.tool_choice",
    ],
  ])("%s", (_name, options, path) => {
    const all = { client, model: "m", ...options } as ChatAgentOptions;
    expect(() => createChatAgent(all)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", path }));
  });

  test("invalid parameters of a run", async () => {
    const agent = createChatAgent({ client, model: "m" });
    const parameters = { stream: true } as object;
    await expect(agent.run("x", undefined, { parameters })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path: "parameters.stream",
    });
  });
});

function outline(message: unknown): string {
  const { role, content } = message as { role: string; content: unknown };
  return `${role}: ${String(content)}`;
}
