import { readFileSync } from "node:fs";
import { memoryStore } from "@threadstore/core";
import { AzureOpenAI } from "openai";
import { describe, expect, test } from "vitest";
import {
  createChatAgent,
  createResponsesAgent,
  defineTool,
  openConversation,
  type ResponsesAgent,
  type ResponsesAgentOptions,
} from "../index.ts";
import { clientOf, json, startMock, startWireServer } from "../model-server.test-helper.ts";

type Answer = ReturnType<typeof json>;

const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };

function said(text: string): object {
  const content = [{ type: "output_text", text, annotations: [] }];
  return { type: "message", id: `msg_${text}`, role: "assistant", status: "completed", content };
}

function called(callId: string, name = "t", args = "{}"): object {
  return {
    type: "function_call",
    id: `fc_${callId}`,
    call_id: callId,
    name,
    arguments: args,
    status: "completed",
  };
}

function responding(id: string, ...output: object[]): Answer {
  return json({ id, object: "response", status: "completed", output, usage });
}

const forgotten: Answer = json(
  { error: { message: "Previous response not found.", code: "previous_response_not_found" } },
  400,
);

async function agentWith(
  options: Partial<ResponsesAgentOptions>,
  ...answers: Answer[]
): Promise<{ agent: ResponsesAgent; bodies: { [member: string]: unknown }[] }> {
  const server = await startWireServer(...answers);
  return {
    agent: createResponsesAgent({ client: clientOf(server), model: "m", ...options }),
    bodies: server.bodies,
  };
}

const user = (content: string) => ({ type: "message", role: "user", content });

describe("a responses agent", () => {
  test("runs, streams, calls tools and resumes with a server", async () => {
    const mock = await startMock();
    mock.on(
      { userMessage: /weather/u, hasToolResult: false },
      { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] },
    );
    mock.on({ hasToolResult: true }, { content: "Blue sky in Rome." });
    mock.onMessage(/.*/u, { content: "Hello!" });
    const weather = defineTool<{ city: string }>({
      name: "weather",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
      run: ({ city }) => `${city}: blue`,
    });
    const agent = createResponsesAgent({ client: clientOf(mock), model: "m", tools: [weather] });
    const first = await agent.run("hi");
    expect(first).toMatchObject({ text: "Hello!", status: "completed" });
    const thread = await agent.deserializeThread(JSON.stringify(first.thread));
    const stream = agent.runStream("the weather?", thread);
    let text = "";
    const types: string[] = [];
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === "text") text += event.delta;
    }
    expect(text).toBe("Blue sky in Rome.");
    expect((await stream.result).text).toBe("Blue sky in Rome.");
    expect(types).toContain("tool-call");
    expect(thread.messages.map(({ type }) => type)).toEqual([
      "message",
      "message",
      "message",
      "function_call",
      "function_call_output",
      "message",
    ]);
  });

  test("sends only new items, and stores the id of the last response and a transcript", async () => {
    const tool = defineTool({ name: "t", run: () => "done" });
    const { agent, bodies } = await agentWith(
      { tools: [tool], instructions: "Be brief.", parameters: { temperature: 0, tool_choice: "required" } },
      responding("r1", { type: "reasoning", id: "rs_1", summary: [] }, called("1"), called("2")),
      responding("r2", said("fine")),
      responding("r3", said("bye")),
    );
    const { thread, text, usage: sum, messages } = await agent.run("go");
    expect(text).toBe("fine");
    expect(sum).toEqual({ input_tokens: 2, output_tokens: 4, total_tokens: 6 });
    expect(messages).toHaveLength(7);
    expect(bodies[0]).toEqual({
      model: "m",
      instructions: "Be brief.",
      input: [user("go")],
      store: true,
      stream: false,
      temperature: 0,
      tool_choice: "required",
      tools: [{ type: "function", name: "t", parameters: { type: "object", properties: {} }, strict: false }],
    });
    expect(bodies[1]).toMatchObject({
      previous_response_id: "r1",
      instructions: "Be brief.",
      input: [
        { type: "function_call_output", call_id: "1", output: "done" },
        { type: "function_call_output", call_id: "2", output: "done" },
      ],
    });
    expect(bodies[1]).not.toHaveProperty("tool_choice");
    expect(await thread.serialize()).toMatchObject({
      kind: "responses",
      version: 1,
      service: { response: "r2" },
    });
    const loaded = await agent.deserializeThread(JSON.stringify(thread));
    await agent.run("bye", loaded);
    expect(bodies[2]).toMatchObject({ previous_response_id: "r2", input: [user("bye")] });
    expect(loaded.messages).toHaveLength(9);
    expect(JSON.stringify(loaded)).toBe(JSON.stringify(await loaded.serialize()));
  });

  test.each<[string, Answer]>([
    ["400 previous_response_not_found", forgotten],
    ["404", json({ error: { message: "Response with ID 'r1' not found.", code: null } }, 404)],
  ])("sends the transcript after %s, and emits an event", async (_name, answer) => {
    const { agent, bodies } = await agentWith(
      {},
      responding("r1", { type: "reasoning", id: "rs_1", summary: [] }, said("one")),
      answer,
      streamed("r2", said("two")),
    );
    const { thread } = await agent.run("1");
    const stream = agent.runStream("2", thread);
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types).toEqual(["restarted", "text", "left-out", "message"]);
    expect(bodies[2]).not.toHaveProperty("previous_response_id");
    const { id: _id, ...answered } = said("one") as { id: string };
    expect(bodies[2]?.["input"]).toEqual([user("1"), answered, user("2")]);
    expect(await thread.serialize()).toMatchObject({ service: { response: "r2" } });
    expect(thread.messages).toHaveLength(5);
  });

  test("rejects if the transcript fails too, and leaves the thread unchanged", async () => {
    const gone = json({ error: { message: "Not found" } }, 404);
    const { agent } = await agentWith({}, responding("r1", said("one")), gone, gone);
    const { thread } = await agent.run("1");
    const before = JSON.stringify(thread);
    await expect(agent.run("2", thread)).rejects.toMatchObject({ code: "MODEL_REFUSED", status: 404 });
    expect(JSON.stringify(thread)).toBe(before);
  });

  test("uses a conversation of the service, and creates another if that is deleted", async () => {
    const conversation = (id: string) => json({ id, object: "conversation", created_at: 1, metadata: {} });
    const { agent, bodies } = await agentWith(
      { storage: "conversation" },
      conversation("conv_1"),
      responding("r1", said("one")),
      responding("r2", said("two")),
      json({ error: { message: "Conversation with id 'conv_1' not found." } }, 404),
      conversation("conv_2"),
      responding("r3", said("three")),
    );
    const { thread } = await agent.run("1");
    await agent.run("2", thread);
    expect(bodies[2]).toMatchObject({ conversation: "conv_1", input: [user("2")], store: true });
    await agent.run("3", thread);
    expect(bodies[5]).toMatchObject({ conversation: "conv_2" });
    expect(bodies[5]?.["input"]).toHaveLength(5);
    expect(await thread.serialize()).toMatchObject({ service: { conversation: "conv_2" } });
  });

  test("sends everything if the conversation is stored locally", async () => {
    const secret = { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "x" };
    const { agent, bodies } = await agentWith(
      { storage: "local", parameters: { include: ["reasoning.encrypted_content"] } },
      responding("r1", { type: "reasoning", id: "rs_1", summary: [] }, secret, said("one")),
      responding("r2", said("two")),
    );
    const { thread } = await agent.run("1");
    await agent.run("2", thread);
    expect(bodies[1]).toMatchObject({ store: false, include: ["reasoning.encrypted_content"] });
    const input = bodies[1]?.["input"] as { type: string }[] | undefined;
    expect(input?.map(({ type }) => type)).toEqual(["message", "reasoning", "message", "message"]);
    expect(await thread.serialize()).not.toHaveProperty("service");
  });

  test("continues a thread of another storage from its transcript", async () => {
    const { agent } = await agentWith({}, responding("r1", said("one")));
    const saved = JSON.stringify((await agent.run("1")).thread);
    const local = await agentWith({ storage: "local" }, responding("r2", said("two")));
    await local.agent.run("2", await local.agent.deserializeThread(saved));
    expect(local.bodies[0]?.["input"]).toHaveLength(3);
  });

  test("waits for approvals, and another process sends the results", async () => {
    const tool = defineTool({ name: "t", needsApproval: true, run: () => "paid" });
    const { agent, bodies } = await agentWith(
      { tools: [tool] },
      responding("r1", called("1")),
      responding("r2", said("done")),
    );
    const first = await agent.run("pay");
    expect(first).toMatchObject({ status: "approval-needed", approvals: [{ callId: "1", name: "t" }] });
    const thread = await agent.deserializeThread(JSON.stringify(first.thread));
    const approvals = (thread.openTurn?.approvals ?? []).map((call) => ({ ...call, approved: true }));
    const result = await agent.resume(thread, { approvals });
    expect(result.text).toBe("done");
    expect(bodies[1]).toMatchObject({
      previous_response_id: "r1",
      input: [{ type: "function_call_output", call_id: "1", output: "paid" }],
    });
  });

  test("offers hosted tools", async () => {
    const { agent, bodies } = await agentWith(
      { hostedTools: [{ type: "web_search" }] },
      responding("r1", said("found")),
    );
    await agent.run("search");
    expect(bodies[0]?.["tools"]).toEqual([{ type: "web_search" }]);
  });

  test("works with an AzureOpenAI client and a token provider", async () => {
    const seen: (string | undefined)[] = [];
    const server = await startWireServer((response, request) => {
      seen.push(request.url, request.headers.authorization);
      responding("r1", said("hello"))(response);
    });
    const client = new AzureOpenAI({
      endpoint: server.url,
      apiVersion: "2025-04-01-preview",
      azureADTokenProvider: async () => "token",
    });
    expect((await createResponsesAgent({ client, model: "deployment" }).run("hi")).text).toBe("hello");
    expect(seen).toEqual(["/openai/responses?api-version=2025-04-01-preview", "Bearer token"]);
  });
});

function streamed(id: string, item: { content?: { text?: string }[] }): Answer {
  const response = { id, object: "response", status: "completed", output: [item], usage };
  const text = item.content?.[0]?.text ?? "";
  return (answer) => {
    answer.writeHead(200, { "content-type": "text/event-stream" });
    const send = (event: { type: string }) =>
      answer.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    send({ type: "response.output_text.delta", delta: text } as { type: string });
    send({ type: "response.completed", response } as { type: string });
    answer.end();
  };
}

describe("a response", () => {
  const failing: [string, Answer, object][] = [
    [
      "failed by the server",
      json({ id: "r", status: "failed", output: [], error: { code: "server_error", message: "s" } }),
      { code: "MODEL_UNAVAILABLE" },
    ],
    [
      "failed because of the prompt",
      json({ id: "r", status: "failed", output: [], error: { code: "invalid_prompt", message: "s" } }),
      { code: "MODEL_REFUSED" },
    ],
    ["unfinished", json({ id: "r", status: "in_progress", output: [] }), { code: "RESPONSE_INVALID" }],
    ["another object", json({ choices: [] }), { code: "RESPONSE_INVALID" }],
    [
      "a call without an id",
      responding("r", { type: "function_call", name: "t", arguments: "" }),
      { code: "RESPONSE_INVALID", path: "$.output[0].call_id" },
    ],
    ["rejected with 401", json({ error: { message: "no" } }, 401), { code: "MODEL_REFUSED", status: 401 }],
    [
      "rejected with 429",
      json({ error: { message: "no" } }, 429),
      { code: "MODEL_UNAVAILABLE", status: 429 },
    ],
    [
      "rejected with 500",
      json({ error: { message: "no" } }, 500),
      { code: "MODEL_UNAVAILABLE", status: 500 },
    ],
  ];
  test.each(failing)(
    "that is %s rejects with the code, and the thread is unchanged",
    async (_name, answer, error) => {
      const { agent } = await agentWith({}, answer);
      const thread = agent.getNewThread();
      await expect(agent.run("1", thread)).rejects.toMatchObject(error);
      expect(thread.messages).toEqual([]);
    },
  );

  test.each<[string, string]>([
    ["breaks off", 'data: {"type":"response.output_text.delta","delta":"x"}\n\n'],
    ["contains an error", 'data: {"type":"error","code":"server_error","message":"x"}\n\n'],
  ])("whose stream %s rejects", async (_name, text) => {
    const { agent } = await agentWith({}, (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(text);
    });
    const thread = agent.getNewThread();
    const { result } = agent.runStream("1", thread);
    await expect(result).rejects.toMatchObject({
      code: expect.stringMatching(/STREAM_INTERRUPTED|MODEL_UNAVAILABLE/) as string,
    });
    expect(thread.messages).toEqual([]);
  });

  test.each(["run", "runStream"] as const)("that is the page of a proxy rejects a %s", async (method) => {
    const { agent } = await agentWith({}, (response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>");
    });
    const result = method === "run" ? agent.run("1") : agent.runStream("1").result;
    await expect(result).rejects.toMatchObject({
      code: "RESPONSE_INVALID",
      message: expect.stringContaining("base URL") as string,
    });
  });

  test("can be incomplete: it is stored, and the result contains the reason", async () => {
    const { agent } = await agentWith(
      {},
      json({
        id: "r",
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        output: [said("half")],
      }),
    );
    expect(await agent.run("1")).toMatchObject({ text: "half", finishReason: "max_output_tokens" });
  });

  test("can be a refusal, which the result contains", async () => {
    const refusing = { ...said("x"), content: [{ type: "refusal", refusal: "I will not." }] };
    const { agent } = await agentWith({}, responding("r1", refusing));
    expect(await agent.run("1")).toMatchObject({ text: "", refusal: "I will not." });
  });
});

describe("a thread of a responses agent", () => {
  const beginning = { format: "threadstore.thread", version: 1, kind: "responses", agent: "Assistant" };

  test.each<[string, object, string]>([
    ["an item that is not an object", { messages: [1] }, "$.messages[0]"],
    ["an unknown role", { messages: [{ role: "critic", content: "" }] }, "$.messages[0].role"],
    ["a type that is not a string", { messages: [{ type: 1 }] }, "$.messages[0].type"],
    [
      "an output without a call",
      { messages: [{ type: "function_call_output", call_id: "1", output: "" }] },
      "$.messages[0]",
    ],
    ["a call without an output", { messages: [called("1"), user("and?")] }, "$.messages[0]"],
    ["two open calls with the same id", { messages: [called("1"), called("1")] }, "$.messages[1].call_id"],
    ["an invalid service", { messages: [], service: "r1" }, "$.service"],
  ])("with %s rejects with THREAD_INVALID", async (_name, rest, path) => {
    const { agent } = await agentWith({});
    await expect(agent.deserializeThread({ ...beginning, ...rest })).rejects.toMatchObject({
      code: "THREAD_INVALID",
      path,
    });
  });

  test("of the golden file is read completely", async () => {
    const text = readFileSync(new URL("golden/responses-thread-v1.json", import.meta.url), "utf8");
    const { agent } = await agentWith({});
    const thread = await agent.deserializeThread(text);
    expect(await thread.serialize()).toEqual(JSON.parse(text));
    expect(thread.openTurn?.approvals).toEqual([
      { callId: "call_2", name: "pay", arguments: '{"euros":7}', digest: "6Wj2DFl1Kwshhn_5f92p6r" },
    ]);
  });

  test("of the golden file with every kind of call is read completely", async () => {
    const text = readFileSync(new URL("golden/responses-calls-v1.json", import.meta.url), "utf8");
    const { agent } = await agentWith({});
    const thread = await agent.deserializeThread(text);
    expect(await thread.serialize()).toEqual(JSON.parse(text));
    expect(thread.openTurn?.approvals).toEqual([
      {
        callId: "mcpr_1",
        name: "ops.deploy",
        arguments: "{}",
        kind: "mcp_approval_request",
        digest: "aWC5F6Sjf7u6kixLejLd2P",
      },
    ]);
  });

  test("with an invalid reference is rejected before anything is sent", async () => {
    const { agent, bodies } = await agentWith({});
    const thread = await agent.deserializeThread({
      ...beginning,
      messages: [],
      service: { response: "r 1\n" },
    });
    await expect(agent.run("1", thread)).rejects.toMatchObject({
      code: "THREAD_INVALID",
      path: "$.service.response",
    });
    expect(bodies).toEqual([]);
  });

  test("is rejected by a chat agent, and vice versa", async () => {
    const { agent } = await agentWith({});
    const chat = createChatAgent({ client: clientOf({ url: "http://127.0.0.1:1" }), model: "m" });
    await expect(chat.deserializeThread(await agent.getNewThread().serialize())).rejects.toMatchObject({
      code: "THREAD_MISMATCH",
      path: "$.kind",
    });
    await expect(agent.deserializeThread(await chat.getNewThread().serialize())).rejects.toMatchObject({
      code: "THREAD_MISMATCH",
      path: "$.kind",
    });
    await expect(agent.run("1", chat.getNewThread() as never)).rejects.toMatchObject({
      code: "THREAD_MISMATCH",
    });
  });

  test.each<[string, object, string]>([
    ["an invalid client", { client: {} }, "client"],
    ["an empty model", { model: "" }, "model"],
    ["an unknown storage", { storage: "cloud" }, "storage"],
    ["a reserved parameter", { parameters: { store: true } }, "parameters.store"],
  ])("needs an agent without %s", (_name, wrong, path) => {
    const client = clientOf({ url: "http://127.0.0.1:1" });
    expect(() => createResponsesAgent({ client, model: "m", ...wrong })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error,
    );
  });
});

describe("in a conversation", () => {
  test("a turn that lost a race is appended, and the service receives the transcript", async () => {
    const store = memoryStore();
    const first = await agentWith({}, responding("r1", said("hello")));
    await openConversation({ agent: first.agent, store, id: "c" }).run("hi");
    const other = await agentWith({}, responding("r2", said("theirs")));
    const { agent, bodies } = await agentWith(
      {},
      (response) => {
        void openConversation({ agent: other.agent, store, id: "c" })
          .run("other")
          .then(() => responding("r3", said("mine"))(response));
      },
      responding("r4", said("all")),
    );
    const conversation = openConversation({ agent, store, id: "c" });
    expect((await conversation.run("q")).text).toBe("mine");
    expect((await conversation.load())?.thread.messages).toHaveLength(6);
    await conversation.run("and?");
    expect(bodies[1]).not.toHaveProperty("previous_response_id");
    expect(bodies[1]?.["input"]).toHaveLength(7);
    expect((await conversation.load())?.stored.thread["service"]).toEqual({ response: "r4" });
  });
});
