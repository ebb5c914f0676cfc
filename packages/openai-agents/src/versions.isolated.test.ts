import { createRequire } from "node:module";
import * as installed from "@openai/agents-core";
import { memoryStore } from "@threadstore/core";
import { describe, expect, test, vi } from "vitest";

type AgentsCore = typeof installed;

const require = createRequire(import.meta.url);

// Each minor of version 0 can change the SDK's sessions, so the peer range names the tested ones.
const VERSIONS: readonly (readonly [name: string, load: () => unknown])[] = [
  ["0.20, required", () => require("@openai/agents-core")],
  ["0.19", () => import("agents-core-0.19")],
  ["0.19, required", () => require("agents-core-0.19")],
  ["0.18", () => import("agents-core-0.18")],
  ["0.18, required", () => require("agents-core-0.18")],
];

describe.each(VERSIONS)("@openai/agents-core %s", (_name, load) => {
  test("runs agents with a session, its tools, and the next run", async () => {
    const sdk = (await load()) as AgentsCore;
    vi.resetModules();
    vi.doMock("@openai/agents-core", () => ({ ...sdk }));
    const { threadSession } = await import("./index.ts");
    const store = memoryStore();
    const look = sdk.tool({
      name: "look",
      description: "Looks.",
      parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
      strict: true,
      execute: () => "blue",
    });
    const requests: unknown[] = [];
    const agent = new sdk.Agent({ name: "a", instructions: "x", model: modelOf(requests), tools: [look] });
    const runner = new sdk.Runner({ tracingDisabled: true });
    const first = await runner.run(agent, "Is the sky blue?", {
      session: threadSession({ store, id: "talk" }),
    });
    expect(first.finalOutput).toBe("Blue sky.");
    const session = threadSession({ store, id: "talk" });
    expect((await session.getItems()).map((item) => ("role" in item ? item.role : item.type))).toEqual([
      "user",
      "function_call",
      "function_call_result",
      "assistant",
    ]);
    await runner.run(agent, "Really?", { session });
    expect(requests.at(-1)).toHaveLength(5);
  });

  test("behaves as its MemorySession, and rewrites the history", async () => {
    const sdk = (await load()) as AgentsCore;
    vi.resetModules();
    vi.doMock("@openai/agents-core", () => ({ ...sdk }));
    const { threadSession } = await import("./index.ts");
    const sessions = [
      threadSession({ store: memoryStore(), id: "talk" }),
      new sdk.MemorySession({ sessionId: "talk" }),
    ];
    const results = await Promise.all(
      sessions.map(async (session) => {
        await session.addItems([sdk.user("Hello"), callOf("1"), callOf("2"), sdk.assistant("Hi")]);
        const popped = await session.popItem();
        await session.applyHistoryMutations({
          mutations: [{ type: "replace_function_call", callId: "1", replacement: callOf("1", "{}") }],
        });
        return [popped, await session.getItems(), await session.getItems(1), await session.getSessionId()];
      }),
    );
    expect(results[0]).toEqual(results[1]);
  });
});

function callOf(callId: string, args = '{"a":1}'): installed.FunctionCallItem {
  return { type: "function_call", callId, name: "look", arguments: args, status: "completed" };
}

/** A model that calls the tool once in each turn and then answers, and notes the input of each request. */
function modelOf(requests: unknown[]): installed.Model {
  return {
    getResponse: ({ input }) => {
      requests.push(input);
      const isAsked = Array.isArray(input) && "role" in (input.at(-1) ?? {});
      const isFirst = requests.length === 1;
      const output: installed.AgentOutputItem[] =
        isAsked && isFirst
          ? [{ type: "function_call", callId: "1", name: "look", arguments: "{}", status: "completed" }]
          : [
              {
                type: "message",
                role: "assistant",
                status: "completed",
                content: [{ type: "output_text", text: "Blue sky." }],
              },
            ];
      return Promise.resolve({ usage: new installed.Usage(), output });
    },
    getStreamedResponse: () => {
      throw new Error("The test does not stream.");
    },
  };
}
