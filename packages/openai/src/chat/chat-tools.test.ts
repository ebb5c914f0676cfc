import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createChatAgent, defineTool } from "../index.ts";
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

describe("tools of a chat agent", () => {
  test("are offered, called and answered over several rounds", async () => {
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

  test("are forced by tool_choice in the first request only", async () => {
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

  test("are answered if their calls lack an id or share one", async () => {
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

  test("that were not offered are answered, such as custom tools", async () => {
    const call = { id: "1", type: "custom", custom: { name: "shell", input: "ls" } };
    const server = await startWireServer(
      completion({ role: "assistant", content: null, tool_calls: [call] }),
      completion({ role: "assistant", content: "sorry" }),
    );
    await createChatAgent({ client: clientOf(server), model: "m" }).run("go");
    expect(toolResults(server)).toEqual(['1: There is no tool "shell". Available tools: none.']);
  });
});

/** Returns the results in the second request, each after its call's id. */
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
