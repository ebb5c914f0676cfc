import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  calls,
  says,
  scriptedAgent,
  scriptModel,
  type ScriptedEvent,
  type ScriptedModel,
  type ScriptedThread,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "./define-tool.ts";
import type { Tool, ToolContext } from "./tool.ts";

const weather = defineTool({
  name: "weather",
  description: "The weather of a city.",
  parameters: z.object({ city: z.string(), days: z.number().int().max(7).default(1) }),
  run: ({ city, days }) => ({ city, days, sky: "blue" }),
});

describe("the tool loop", () => {
  test("offers, calls and answers tools over several rounds", async () => {
    const count = defineTool({
      name: "count",
      parameters: z.object({ n: z.number() }),
      run: ({ n }) => n + 1,
    });
    const model = scriptModel(
      calls(["c1", "count", '{"n":0}']),
      calls(["c2", "count", '{"n":1}']),
      says("It is 2."),
    );
    const agent = scriptedAgent(model, { tools: [count] });
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
    expect([...(model.requests[0]?.tools.keys() ?? [])]).toEqual(["count"]);
  });

  test("runs the calls of one message concurrently and keeps their results in order", async () => {
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
    const model = scriptModel(
      calls(["1", "meet", '{"who":"ann"}'], ["2", "meet", '{"who":"bo"}'], ["3", "meet", '{"who":"cem"}']),
      says("done"),
    );
    await scriptedAgent(model, { tools: [meet] }).run("go");
    expect(toolResults(model)).toEqual(["1: met ann", "2: met bo", "3: met cem"]);
  });

  test("answers a faulty call with the fault, and still answers the other calls", async () => {
    const throwing = defineTool({
      name: "throwing",
      run: () => {
        throw new TypeError("no such table");
      },
    });
    const rejecting = defineTool({
      name: "rejecting",
      // Some libraries reject with values that are not errors.
      run: async () => Promise.reject({ secret: 1 }),
    });
    const circle: { self?: object } = {};
    circle.self = circle;
    const circular = defineTool({ name: "circular", run: () => circle });
    const plain = defineTool({ name: "plain", parameters: { type: "object" }, run: (args) => args });
    const model = scriptModel(
      calls(
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
      says("done"),
    );
    const tools = [weather, throwing, rejecting, circular, plain];
    const agent = scriptedAgent(model, { tools });
    const { thread } = await agent.run("go");
    const names = "Available tools: weather, throwing, rejecting, circular, plain.";
    expect(toolResults(model)).toEqual([
      '1: {"city":"Rome","days":1,"sky":"blue"}',
      expect.stringMatching(/^2: Invalid arguments: city: .*string.*; days: .*7/),
      "3: Invalid arguments: must be a single well-formed JSON object.",
      "4: Invalid arguments: must be a single well-formed JSON object.",
      `5: There is no tool "forecast". ${names}`,
      "6: Tool failed: no such table",
      "7: Tool failed: unknown error",
      expect.stringMatching(/^8: Tool failed: .*circular/),
      '9: {"free":[1,"x"]}',
      `10: There is no tool "toString". ${names}`,
    ]);
    expect(thread.messages).toHaveLength(13);
  });

  test.each<[string, unknown, string]>([
    ["a string unchanged", "blue", "blue"],
    ["undefined as null", undefined, "null"],
    ["an array as JSON", [1, { a: "b" }], '[1,{"a":"b"}]'],
    ["a lone surrogate replaced", "cut \ud83c", "cut \ufffd"],
  ])("returns %s to the model", async (_name, value, content) => {
    const model = callOnce("give");
    const tools = [defineTool({ name: "give", run: () => value })];
    const { thread } = await scriptedAgent(model, { tools }).run("go");
    expect(thread.messages[2]).toEqual({ role: "tool", tool_call_id: "1", content });
  });

  test("truncates a long failure", async () => {
    const model = callOnce("fail");
    const run = (): never => {
      throw new Error("x".repeat(10_000));
    };
    await scriptedAgent(model, { tools: [defineTool({ name: "fail", run })] }).run("go");
    expect(toolResults(model)[0]).toHaveLength(504);
  });

  test("passes a tool its call and the thread, which the tool cannot run", async () => {
    const model = callOnce("look");
    let seen: ToolContext | undefined;
    const look: Tool = defineTool({
      name: "look",
      run: async (_args, context) => {
        seen = context;
        await agent.run("again", context.thread as ScriptedThread);
      },
    });
    const agent = scriptedAgent(model, { tools: [look] });
    const thread = agent.getNewThread();
    await agent.run("go", thread);
    expect(seen).toMatchObject({ callId: "1", thread });
    expect(seen?.signal.aborted).toBe(false);
    expect(toolResults(model)[0]).toMatch(/^1: Tool failed: Another run of this thread is in progress/);
  });

  test("stops after too many rounds and leaves the thread unchanged", async () => {
    let runs = 0;
    const again = defineTool({ name: "again", run: () => (runs += 1) });
    const model = scriptModel(
      says("hello"),
      ...["1", "2", "3"].map((id) => calls([id, "again", "{}"])),
      says("at last"),
    );
    const agent = scriptedAgent(model, { tools: [again], maxToolRounds: 2 });
    const { thread } = await agent.run("hello");
    const before = thread.messages;
    await expect(agent.run("go", thread)).rejects.toMatchObject({
      code: "TOO_MANY_TOOL_ROUNDS",
      retryable: false,
      message: expect.stringContaining("after 2 rounds") as string,
    });
    expect(runs).toBe(2);
    expect(model.requests).toHaveLength(4);
    expect(thread.messages).toBe(before);
    expect((await agent.run("go", thread)).text).toBe("at last");
  });

  test("emits events for calls and results as they happen", async () => {
    const model = scriptModel(calls(["1", "weather", '{"city":"Rome"}'], ["2", "storm", "{}"]), says("blue"));
    const agent = scriptedAgent(model, { tools: [weather] });
    const stream = agent.runStream("go");
    const events: ScriptedEvent[] = [];
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

function callOnce(name: string): ScriptedModel {
  return scriptModel(calls(["1", name, "{}"]), says("done"));
}

/** Returns the results in the second request, each after its call's id. */
function toolResults(model: ScriptedModel): string[] {
  return (model.requests[1]?.messages ?? [])
    .filter(({ role }) => role === "tool")
    .map(({ tool_call_id: id, content }) => `${id}: ${content}`);
}
