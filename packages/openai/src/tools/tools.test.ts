import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  createChatAgent,
  defineTool,
  type ChatEvent,
  type ChatThread,
  type StandardSchema,
  type Tool,
  type ToolContext,
} from "../index.ts";
import {
  calling,
  clientOf,
  completion,
  startMock,
  startWireServer,
  type WireServer,
} from "../model-server.test-helper.ts";

const weather = defineTool({
  name: "weather",
  description: "The weather of a city.",
  parameters: z.object({ city: z.string(), days: z.number().int().max(7).default(1) }),
  run: ({ city, days }) => ({ city, days, sky: "blue" }),
});

describe("defineTool", () => {
  test("shows the model the JSON Schema that zod makes, without the dialect's name", () => {
    expect(weather.jsonSchema).toEqual({
      type: "object",
      properties: {
        city: { type: "string" },
        days: { type: "integer", default: 1, minimum: -9007199254740991, maximum: 7 },
      },
      required: ["city"],
    });
  });

  test("types the arguments by the schema", () => {
    defineTool({
      name: "a",
      parameters: z.object({ at: z.string().transform(Number) }),
      run: (args, context) => {
        expectTypeOf(args).toEqualTypeOf<{ at: number }>();
        expectTypeOf(context).toEqualTypeOf<ToolContext>();
      },
    });
    defineTool<{ city: string }>({
      name: "b",
      parameters: { type: "object", properties: { city: { type: "string" } } },
      run: (args) => expectTypeOf(args).toEqualTypeOf<{ city: string }>(),
    });
  });

  test("a Standard Schema without JSON Schema needs it beside itself", async () => {
    const parameters: StandardSchema<unknown, { n: number }> = {
      "~standard": {
        version: 1,
        vendor: "small",
        validate: async (value) =>
          typeof (value as { n?: unknown }).n === "number"
            ? { value: value as { n: number } }
            : { issues: [{ message: "no number", path: [{ key: "n" }] }, { message: "so there" }] },
      },
    };
    const definition = { name: "double", parameters, run: ({ n }: { n: number }) => n * 2 };
    expect(() => defineTool(definition)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    const tool = defineTool({ ...definition, jsonSchema: { type: "object" } });
    expect(tool.jsonSchema).toEqual({ type: "object" });
    const context = {} as ToolContext;
    const prepared = await tool.prepare({ n: 4 });
    expect(prepared.valid && (await prepared.run(context))).toBe(8);
    expect(await tool.prepare({})).toEqual({ valid: false, problems: "n: no number; so there" });
  });

  test("a schema that has no JSON Schema form is refused with the library's reason", () => {
    const parameters = z.object({ at: z.date() });
    expect(() => defineTool({ name: "a", parameters, run: () => 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", cause: expect.any(Error) as Error }),
    );
  });

  test.each<[string, object]>([
    ["a name with a space", { name: "two words", run: () => 1 }],
    ["no run", { name: "a" }],
    ["parameters that are no object", { name: "a", parameters: ["x"], run: () => 1 }],
  ])("%s is refused", (_name, definition) => {
    expect(() => defineTool(definition as { name: string; run: () => number })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });
});

describe("the tool loop", () => {
  test("tools are offered, called and answered over several rounds", async () => {
    const mock = await startMock();
    const count = defineTool({
      name: "count",
      parameters: z.object({ n: z.number() }),
      run: ({ n }) => n + 1,
    });
    mock.onToolResult("c2", { content: "It is 2." });
    mock.onToolResult("c1", { toolCalls: [{ id: "c2", name: "count", arguments: '{"n":1}' }] });
    mock.onMessage("count", { toolCalls: [{ id: "c1", name: "count", arguments: '{"n":0}' }] });
    const agent = createChatAgent({ client: clientOf(mock), model: "m", tools: [count] });
    const { text, messages, thread } = await agent.run("count");
    expect(text).toBe("It is 2.");
    expect(messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "assistant",
      "tool",
      "assistant",
    ]);
    expect(messages.filter(({ role }) => role === "tool")).toEqual([
      { role: "tool", tool_call_id: "c1", content: "1" },
      { role: "tool", tool_call_id: "c2", content: "2" },
    ]);
    expect(thread.messages).toEqual(messages);
    const loaded = await agent.deserializeThread(await thread.serialize());
    expect(loaded.messages).toEqual(messages);
    expect(mock.getRequests()[0]?.body).toMatchObject({
      tools: [
        {
          type: "function",
          function: { name: "count", parameters: { type: "object", required: ["n"] } },
        },
      ],
    });
  });

  test("the calls of one message run at once, and their results keep the calls' order", async () => {
    const started: string[] = [];
    const all = Promise.withResolvers<void>();
    const last = Promise.withResolvers<void>();
    const meet = defineTool({
      name: "meet",
      parameters: z.object({ who: z.string() }),
      async run({ who }) {
        started.push(who);
        if (started.length === 3) all.resolve();
        await all.promise;
        // The first call ends last.
        if (who === "ann") await last.promise;
        if (who === "cem") last.resolve();
        return `met ${who}`;
      },
    });
    const server = await startWireServer(
      completion(
        calling(
          ["1", "meet", '{"who":"ann"}'],
          ["2", "meet", '{"who":"bo"}'],
          ["3", "meet", '{"who":"cem"}'],
        ),
      ),
      completion({ role: "assistant", content: "done" }),
    );
    await createChatAgent({ client: clientOf(server), model: "m", tools: [meet] }).run("go");
    expect(toolResults(server)).toEqual(["1: met ann", "2: met bo", "3: met cem"]);
  });

  test("whatever goes wrong with a call is its result, and the other calls are answered", async () => {
    const throwing = defineTool({
      name: "throwing",
      run: () => {
        throw new TypeError("no such table");
      },
    });
    const rejecting = defineTool({
      name: "rejecting",
      // Not an Error, as some libraries throw.
      run: async () => Promise.reject({ secret: 1 }),
    });
    const circle: { self?: object } = {};
    circle.self = circle;
    const circular = defineTool({ name: "circular", run: () => circle });
    const plain = defineTool({ name: "plain", parameters: { type: "object" }, run: (args) => args });
    const server = await startWireServer(
      completion(
        calling(
          ["1", "weather", '{"city":"Rome"}'],
          ["2", "weather", '{"city":5,"days":9}'],
          ["3", "weather", '{"city":"Ro'],
          ["4", "weather", "[1]"],
          ["5", "forecast", "{}"],
          ["6", "throwing", ""],
          ["7", "rejecting", "{}"],
          ["8", "circular", "{}"],
          ["9", "plain", '{"free":[1,"x"]}'],
          ["10", "toString", "{}"],
        ),
      ),
      completion({ role: "assistant", content: "done" }),
    );
    const tools = [weather, throwing, rejecting, circular, plain];
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools });
    const { thread } = await agent.run("go");
    const names = "Available tools: weather, throwing, rejecting, circular, plain.";
    expect(toolResults(server)).toEqual([
      '1: {"city":"Rome","days":1,"sky":"blue"}',
      expect.stringMatching(/^2: Invalid arguments: city: .*string.*; days: .*7/),
      "3: Invalid arguments: they must be one well-formed JSON object.",
      "4: Invalid arguments: they must be one well-formed JSON object.",
      `5: There is no tool "forecast". ${names}`,
      "6: Tool failed: no such table",
      "7: Tool failed: it gave no reason",
      expect.stringMatching(/^8: Tool failed: .*circular/),
      '9: {"free":[1,"x"]}',
      `10: There is no tool "toString". ${names}`,
    ]);
    expect(thread.messages).toHaveLength(13);
  });

  test.each<[string, unknown, string]>([
    ["text as it is", "blue", "blue"],
    ["nothing as null", undefined, "null"],
    ["a list as JSON", [1, { a: "b" }], '[1,{"a":"b"}]'],
    ["half a character mended", "cut \ud83c", "cut \ufffd"],
  ])("a tool's result is %s", async (_name, value, content) => {
    const server = await callOnce("give");
    const tools = [defineTool({ name: "give", run: () => value })];
    const { thread } = await createChatAgent({ client: clientOf(server), model: "m", tools }).run("go");
    expect(thread.messages[2]).toEqual({ role: "tool", tool_call_id: "1", content });
  });

  test("a long failure is cut", async () => {
    const server = await callOnce("fail");
    const run = (): never => {
      throw new Error("x".repeat(10_000));
    };
    await createChatAgent({
      client: clientOf(server),
      model: "m",
      tools: [defineTool({ name: "fail", run })],
    }).run("go");
    expect(toolResults(server)[0]).toHaveLength(504);
  });

  test("a tool knows its call, the thread before the run, and cannot run that thread", async () => {
    const server = await callOnce("look");
    let seen: ToolContext | undefined;
    const look: Tool = defineTool({
      name: "look",
      run: async (_args, context) => {
        seen = context;
        await agent.run("again", context.thread as ChatThread);
      },
    });
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [look] });
    const thread = agent.getNewThread();
    await agent.run("go", thread);
    expect(seen).toMatchObject({ callId: "1", thread });
    expect(seen?.signal.aborted).toBe(false);
    expect(toolResults(server)[0]).toMatch(/^1: Tool failed: Another run of this thread has not ended/);
  });

  test("too many rounds give the run up and leave the thread whole", async () => {
    let runs = 0;
    const again = defineTool({ name: "again", run: () => (runs += 1) });
    const server = await startWireServer(
      completion({ role: "assistant", content: "hello" }),
      ...["1", "2", "3"].map((id) => completion(calling([id, "again", "{}"]))),
      completion({ role: "assistant", content: "at last" }),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [again], maxToolRounds: 2 });
    const { thread } = await agent.run("hello");
    const before = thread.messages;
    await expect(agent.run("go", thread)).rejects.toMatchObject({
      code: "TOO_MANY_TOOL_ROUNDS",
      retryable: false,
      message: expect.stringContaining("after 2 rounds") as string,
    });
    expect(runs).toBe(2);
    expect(server.bodies).toHaveLength(4);
    expect(thread.messages).toBe(before);
    expect((await agent.run("go", thread)).text).toBe("at last");
  });

  test("a forced call is forced once", async () => {
    const server = await startWireServer(
      completion(calling(["1", "weather", '{"city":"Rome"}'])),
      completion({ role: "assistant", content: "blue" }),
      completion(calling(["2", "weather", '{"city":"Oslo"}'])),
      completion({ role: "assistant", content: "blue" }),
    );
    const agent = createChatAgent({
      client: clientOf(server),
      model: "m",
      tools: [weather],
      parameters: { tool_choice: { type: "function", function: { name: "weather" } } },
    });
    await agent.run("Rome?");
    const allowed = {
      mode: "required" as const,
      tools: [{ type: "function", function: { name: "weather" } }],
    };
    await agent.run("Oslo?", undefined, {
      parameters: { tool_choice: { type: "allowed_tools", allowed_tools: allowed } },
    });
    expect(server.bodies.map((body) => body["tool_choice"])).toEqual([
      { type: "function", function: { name: "weather" } },
      undefined,
      { type: "allowed_tools", allowed_tools: allowed },
      { type: "allowed_tools", allowed_tools: { ...allowed, mode: "auto" } },
    ]);
  });

  test("calls without an id, and calls that share one, are answered", async () => {
    const call = { type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } };
    const server = await startWireServer(
      completion({ role: "assistant", content: "", tool_calls: [{ ...call, id: "" }, call] }),
      completion(calling(["a", "weather", '{"city":"Oslo"}'], ["a", "weather", '{"city":"Bonn"}'])),
      completion({ role: "assistant", content: "blue", tool_calls: [] }),
    );
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [weather] });
    const { thread } = await agent.run("go");
    const called = thread.messages[1] as { tool_calls: { id: string }[] };
    const ids = called.tool_calls.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^call_\w{1,35}$/);
    const again = thread.messages[4] as { tool_calls: { id: string }[] };
    expect(again.tool_calls.map(({ id }) => id)).toEqual(["a", expect.stringMatching(/^call_\w{1,35}$/)]);
    expect(thread.messages.slice(2, 4)).toMatchObject(ids.map((id) => ({ tool_call_id: id })));
    expect((await agent.deserializeThread(JSON.stringify(thread))).messages).toEqual(thread.messages);
  });

  test("a custom tool call, which was never offered, is answered", async () => {
    const call = { id: "1", type: "custom", custom: { name: "shell", input: "ls" } };
    const server = await startWireServer(
      completion({ role: "assistant", content: null, tool_calls: [call] }),
      completion({ role: "assistant", content: "sorry" }),
    );
    await createChatAgent({ client: clientOf(server), model: "m" }).run("go");
    expect(toolResults(server)).toEqual(['1: There is no tool "shell". Available tools: none.']);
  });

  test("events tell of calls and results as they happen", async () => {
    const mock = await startMock();
    mock.on({ hasToolResult: true }, { content: "blue" });
    mock.onMessage("go", {
      toolCalls: [
        { id: "1", name: "weather", arguments: '{"city":"Rome"}' },
        { id: "2", name: "storm", arguments: "{}" },
      ],
    });
    const agent = createChatAgent({ client: clientOf(mock), model: "m", tools: [weather] });
    const stream = agent.runStream("go");
    const events: ChatEvent[] = [];
    for await (const event of stream) events.push(event);
    const { messages } = await stream.result;
    const [, asking, first, second, answer] = messages;
    expect(events.slice(0, 3)).toEqual([
      { type: "message", message: asking },
      { type: "tool-call", callId: "1", name: "weather", arguments: '{"city":"Rome"}' },
      { type: "tool-call", callId: "2", name: "storm", arguments: "{}" },
    ]);
    const results = events.filter(({ type }) => type === "tool-result");
    expect(results).toHaveLength(2);
    expect(results).toContainEqual({
      type: "tool-result",
      callId: "1",
      name: "weather",
      content: '{"city":"Rome","days":1,"sky":"blue"}',
      isError: false,
    });
    expect(results).toContainEqual(expect.objectContaining({ callId: "2", isError: true }));
    expect(events.slice(5)).toEqual([
      { type: "message", message: first },
      { type: "message", message: second },
      { type: "text", delta: "blue" },
      { type: "message", message: answer },
    ]);
  });
});

async function callOnce(name: string): Promise<WireServer> {
  return startWireServer(
    completion(calling(["1", name, "{}"])),
    completion({ role: "assistant", content: "done" }),
  );
}

/** The results in the second request, each behind its call's id. */
function toolResults(server: WireServer): string[] {
  const messages = server.bodies[1]?.["messages"] as {
    role: string;
    tool_call_id: string;
    content: string;
  }[];
  return messages
    .filter(({ role }) => role === "tool")
    .map(({ tool_call_id, content }) => `${tool_call_id}: ${content}`);
}
