import { describe, expect, expectTypeOf, test } from "vitest";
import {
  calls,
  callMessage,
  fails,
  says,
  scriptedAgent,
  scriptModel,
  type ScriptedMessage,
  decisionsOn,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { ContextProvider } from "./context-provider.ts";

type Provider = ContextProvider<ScriptedMessage>;

const ok = says("ok");

/** Counts the turns and tells the model. */
function counter(): Provider {
  return {
    name: "counter",
    provide: ({ state }) => ({ instructions: `This is turn ${count(state.get()) + 1}.` }),
    observe: ({ state }) => state.set({ turns: count(state.get()) + 1 }),
  };
}

function count(state: unknown): number {
  return (state as { turns: number } | undefined)?.turns ?? 0;
}

describe("a context provider", () => {
  test("adds instructions and messages to requests, and nothing to the thread", async () => {
    const model = scriptModel(ok, ok);
    const library: Provider = {
      name: "library",
      provide: async ({ turn }) => ({
        instructions: "Quote your sources.",
        messages: [{ role: "user", content: `Found for ${JSON.stringify(turn[0]?.content)}` }],
      }),
    };
    const silent: Provider = { name: "silent", provide: () => ({}) };
    const agent = scriptedAgent(model, { instructions: "Be brief.", context: [library, silent, counter()] });
    const { thread } = await agent.run("one");
    const result = await agent.run("two", thread);
    expect(model.requests[1]?.instructions).toEqual(["Be brief.", "Quote your sources.", "This is turn 2."]);
    expect(model.requests[1]?.messages).toEqual([
      { role: "user", content: "one" },
      { role: "assistant", content: "ok" },
      { role: "user", content: 'Found for "two"' },
      { role: "user", content: "two" },
    ]);
    expect(thread.messages.map(({ content }) => content)).toEqual(["one", "ok", "two", "ok"]);
    expect(result.messages).toHaveLength(2);
  });

  test("stores its state in the thread, for any process", async () => {
    const model = scriptModel(ok, ok);
    const options = { context: [counter()] };
    const { thread } = await scriptedAgent(model, options).run("one");
    expect(await thread.serialize()).toMatchObject({ state: { counter: { turns: 1 } } });
    const agent = scriptedAgent(model, options);
    const loaded = await agent.deserializeThread(JSON.stringify(thread));
    await agent.run("two", loaded);
    expect(model.requests[1]?.instructions).toEqual(["This is turn 2."]);
    expect(await loaded.serialize()).toMatchObject({ state: { counter: { turns: 2 } } });
  });

  test("observes the whole turn at its end, including one that waited for approval", async () => {
    const model = scriptModel(calls(["1", "close", ""]), ok);
    const seen: unknown[] = [];
    const watching: Provider = {
      name: "watching",
      provide: ({ turn, messages }) => {
        seen.push(["provide", messages.length, turn.length]);
        return {};
      },
      observe: ({ turn, messages }) => {
        seen.push(["observe", messages.length, turn.map(({ role }) => role)]);
        expect(Object.isFrozen(turn) && Object.isFrozen(messages)).toBe(true);
      },
    };
    const close = defineTool({ name: "close", needsApproval: true, run: () => "closed" });
    const agent = scriptedAgent(model, { tools: [close], context: [watching, counter()] });
    const { thread } = await agent.run("go");
    expect(await thread.serialize()).not.toHaveProperty("state");
    await agent.resume(thread, { approvals: decisionsOn(thread, { 1: true }) });
    expect(seen).toEqual([
      ["provide", 0, 1],
      ["provide", 0, 3],
      ["observe", 0, ["user", "assistant", "tool", "assistant"]],
    ]);
    expect(await thread.serialize()).toMatchObject({ state: { counter: { turns: 1 } } });
  });

  test("loses the state that it set in a failed run", async () => {
    const model = scriptModel(ok, fails, ok);
    const eager: Provider = {
      name: "eager",
      provide: ({ state }) => {
        state.set([...((state.get() as unknown[] | undefined) ?? []), "asked"] as string[]);
        return {};
      },
    };
    const agent = scriptedAgent(model, { context: [eager] });
    const { thread } = await agent.run("one");
    const before = JSON.stringify(thread);
    await expect(agent.run("two", thread)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(JSON.stringify(thread)).toBe(before);
    await agent.run("two", thread);
    expect(await thread.serialize()).toMatchObject({ state: { eager: ["asked", "asked"] } });
  });

  test("gets and sets copies of its state, and can remove it", async () => {
    const model = scriptModel(ok, ok, ok);
    let step = 0;
    const careless: Provider = {
      name: "__proto__",
      observe: ({ state }) => {
        step += 1;
        if (step === 1) {
          const mine = { list: [1] };
          state.set(mine);
          mine.list.push(2);
        }
        if (step === 2) (state.get() as { list: number[] }).list.push(3);
        if (step === 3) state.set(undefined);
      },
    };
    const agent = scriptedAgent(model, { context: [careless] });
    const { thread } = await agent.run("1");
    expect(JSON.stringify(thread)).toContain('"state":{"__proto__":{"list":[1]}}');
    const loaded = await agent.deserializeThread(JSON.stringify(thread));
    await agent.run("2", loaded);
    expect(JSON.stringify(loaded)).toContain('"state":{"__proto__":{"list":[1]}}');
    await agent.run("3", loaded);
    expect(JSON.stringify(loaded)).not.toContain("state");
  });

  test.each<[string, Partial<Provider>]>([
    ["provide", { provide: async () => Promise.reject(new Error("memory is down")) }],
    [
      "observe",
      {
        observe: () => {
          throw new Error("memory is down");
        },
      },
    ],
  ])("that throws in %s fails the run with that error, and the thread is unchanged", async (_name, part) => {
    const model = scriptModel(ok);
    const agent = scriptedAgent(model, { context: [counter(), { name: "failing", ...part }] });
    const thread = agent.getNewThread();
    await expect(agent.run("x", thread)).rejects.toThrow("memory is down");
    expect(thread.messages).toEqual([]);
    expect(await thread.serialize()).not.toHaveProperty("state");
  });

  test("does not delay an abort", async () => {
    const abort = new AbortController();
    const reason = new Error("left");
    const model = scriptModel();
    const stuck: Provider = {
      name: "stuck",
      provide: async () => {
        abort.abort(reason);
        return new Promise(() => {});
      },
    };
    const agent = scriptedAgent(model, { context: [stuck] });
    await expect(agent.run("x", undefined, { signal: abort.signal })).rejects.toBe(reason);
    expect(model.requests).toHaveLength(0);
  });

  test.each<[string, unknown, string]>([
    ["a string", "text", "context[0]"],
    ["instructions that are not a string", { instructions: 5 }, "context[0].instructions"],
    ["a message instead of an array", { messages: { role: "user" } }, "context[0].messages"],
    [
      "an element that is not a message",
      { messages: [{ role: "user", content: "a" }, 5] },
      "context[0].messages[1]",
    ],
    [
      "a result without its call",
      { messages: [{ role: "tool", tool_call_id: "1", content: "" }] },
      "context[0].messages[0]",
    ],
    [
      "a call without its result",
      { messages: [callMessage(["1", "f", ""])] },
      "context[0].messages[0].tool_calls",
    ],
  ])("that provides %s is rejected with the path", async (_name, provision, path) => {
    const model = scriptModel();
    const context = [{ name: "x", provide: () => provision as object }];
    const agent = scriptedAgent(model, { context });
    await expect(agent.run("x")).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path });
  });

  test.each<[string, unknown, string]>([
    ["that is not an array", {}, "context"],
    ["that contains null", [null], "context[0].name"],
    ["without a name", [{}], "context[0].name"],
    ["with the reserved name of the reducer", [{ name: "reduce" }], "context[0].name"],
    ["with a name twice", [{ name: "a" }, { name: "a" }], "context[1].name"],
    ["whose provide is not a function", [{ name: "a", provide: {} }], "context[0].provide"],
  ])("context %s is rejected", (_name, context, path) => {
    expect(() => scriptedAgent(scriptModel(), { context: context as [] })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }),
    );
  });

  test("has the type of the agent's messages", () => {
    const provider: Provider = {
      name: "typed",
      provide: ({ messages }) => {
        expectTypeOf(messages).toEqualTypeOf<readonly ScriptedMessage[]>();
        return { messages: [{ role: "user", content: "x" }] };
      },
    };
    expect(provider.name).toBe("typed");
  });
});
