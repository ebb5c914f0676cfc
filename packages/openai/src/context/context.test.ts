import { describe, expect, expectTypeOf, test } from "vitest";
import {
  createChatAgent,
  defineTool,
  type ChatAgentOptions,
  type ChatMessage,
  type ContextProvider,
} from "../index.ts";
import { calling, clientOf, completion, json, startWireServer } from "../model-server.test-helper.ts";

type Provider = ContextProvider<ChatMessage>;

const ok = completion({ role: "assistant", content: "ok" });

/** Remembers how many turns there were, and tells the model. */
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
  test("adds instructions and messages to what is sent, and nothing to what is kept", async () => {
    const server = await startWireServer(ok, ok);
    const library: Provider = {
      name: "library",
      provide: async ({ turn }) => ({
        instructions: "Quote your sources.",
        messages: [{ role: "user", content: `Found for ${JSON.stringify(turn[0]?.content)}` }],
      }),
    };
    const silent: Provider = { name: "silent", provide: () => ({}) };
    const agent = createChatAgent({
      client: clientOf(server),
      model: "m",
      instructions: "Be brief.",
      context: [library, silent, counter()],
    });
    const { thread } = await agent.run("one");
    const result = await agent.run("two", thread);
    expect(server.bodies[1]?.["messages"]).toEqual([
      { role: "system", content: "Be brief." },
      { role: "system", content: "Quote your sources." },
      { role: "system", content: "This is turn 2." },
      { role: "user", content: "one" },
      { role: "assistant", content: "ok" },
      { role: "user", content: 'Found for "two"' },
      { role: "user", content: "two" },
    ]);
    expect(thread.messages.map(({ content }) => content)).toEqual(["one", "ok", "two", "ok"]);
    expect(result.messages).toHaveLength(2);
  });

  test("keeps its state in the thread, and another process goes on with it", async () => {
    const server = await startWireServer(ok, ok);
    const options: ChatAgentOptions = { client: clientOf(server), model: "m", context: [counter()] };
    const { thread } = await createChatAgent(options).run("one");
    expect(await thread.serialize()).toMatchObject({ state: { counter: { turns: 1 } } });
    const agent = createChatAgent(options);
    const loaded = await agent.deserializeThread(thread.serializeText());
    await agent.run("two", loaded);
    expect(server.bodies[1]?.["messages"]).toContainEqual({ role: "system", content: "This is turn 2." });
    expect(await loaded.serialize()).toMatchObject({ state: { counter: { turns: 2 } } });
  });

  test("is told of the whole turn at its end, also of one that waited for approval", async () => {
    const server = await startWireServer(completion(calling(["1", "close", ""])), ok);
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
    const agent = createChatAgent({
      client: clientOf(server),
      model: "m",
      tools: [close],
      context: [watching, counter()],
    });
    const { thread } = await agent.run("go");
    expect(await thread.serialize()).not.toHaveProperty("state");
    await agent.resume(thread, { approvals: [{ callId: "1", approved: true }] });
    expect(seen).toEqual([
      ["provide", 0, 1],
      ["provide", 0, 3],
      ["observe", 0, ["user", "assistant", "tool", "assistant"]],
    ]);
    expect(await thread.serialize()).toMatchObject({ state: { counter: { turns: 1 } } });
  });

  test("loses what it wrote in a run that failed", async () => {
    const server = await startWireServer(ok, json({}, 400), ok);
    const eager: Provider = {
      name: "eager",
      provide: ({ state }) => {
        state.set([...((state.get() as unknown[] | undefined) ?? []), "asked"] as string[]);
        return {};
      },
    };
    const agent = createChatAgent({ client: clientOf(server), model: "m", context: [eager] });
    const { thread } = await agent.run("one");
    const before = thread.serializeText();
    await expect(agent.run("two", thread)).rejects.toMatchObject({ code: "MODEL_REFUSED" });
    expect(thread.serializeText()).toBe(before);
    await agent.run("two", thread);
    expect(await thread.serialize()).toMatchObject({ state: { eager: ["asked", "asked"] } });
  });

  test("has state of its own, which nobody changes in place, and can take it away", async () => {
    const server = await startWireServer(ok, ok, ok);
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
    const agent = createChatAgent({ client: clientOf(server), model: "m", context: [careless] });
    const { thread } = await agent.run("1");
    expect(thread.serializeText()).toContain('"state":{"__proto__":{"list":[1]}}');
    const loaded = await agent.deserializeThread(thread.serializeText());
    await agent.run("2", loaded);
    expect(loaded.serializeText()).toContain('"state":{"__proto__":{"list":[1]}}');
    await agent.run("3", loaded);
    expect(loaded.serializeText()).not.toContain("state");
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
  ])(
    "that fails in %s fails the run with its own error, and the thread is as before",
    async (_name, part) => {
      const server = await startWireServer(ok);
      const agent = createChatAgent({
        client: clientOf(server),
        model: "m",
        context: [counter(), { name: "failing", ...part }],
      });
      const thread = agent.getNewThread();
      await expect(agent.run("x", thread)).rejects.toThrow("memory is down");
      expect(thread.messages).toEqual([]);
      expect(await thread.serialize()).not.toHaveProperty("state");
    },
  );

  test("is left waiting when the run is aborted", async () => {
    const abort = new AbortController();
    const reason = new Error("left");
    const server = await startWireServer();
    const stuck: Provider = {
      name: "stuck",
      provide: async () => {
        abort.abort(reason);
        return new Promise(() => {});
      },
    };
    const agent = createChatAgent({ client: clientOf(server), model: "m", context: [stuck] });
    await expect(agent.run("x", undefined, { signal: abort.signal })).rejects.toBe(reason);
    expect(server.bodies).toHaveLength(0);
  });

  test.each<[string, unknown, string]>([
    ["no object", "text", "context[0]"],
    ["instructions that are no text", { instructions: 5 }, "context[0].instructions"],
    ["one message instead of a list", { messages: { role: "user" } }, "context[0].messages"],
    ["a message that is none", { messages: [{ role: "user", content: "a" }, 5] }, "context[0].messages[1]"],
    [
      "a lone result",
      { messages: [{ role: "tool", tool_call_id: "1", content: "" }] },
      "context[0].messages[0]",
    ],
    [
      "a call without its result",
      { messages: [calling(["1", "f", ""])] },
      "context[0].messages[0].tool_calls",
    ],
  ])("that provides %s is refused with the path", async (_name, provision, path) => {
    const server = await startWireServer();
    const context = [{ name: "x", provide: () => provision as object }];
    const agent = createChatAgent({ client: clientOf(server), model: "m", context });
    await expect(agent.run("x")).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path });
  });

  test.each<[string, unknown, string]>([
    ["that is no list", {}, "context"],
    ["of null", [null], "context[0].name"],
    ["without a name", [{}], "context[0].name"],
    ["of the reducer's name", [{ name: "reduce" }], "context[0].name"],
    ["with a name twice", [{ name: "a" }, { name: "a" }], "context[1].name"],
    ["whose provide is no function", [{ name: "a", provide: {} }], "context[0]"],
  ])("context %s is refused", (_name, context, path) => {
    const client = clientOf({ url: "http://127.0.0.1:9" });
    expect(() => createChatAgent({ client, model: "m", context: context as [] })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }),
    );
  });

  test("is typed by the agent's messages", () => {
    const provider: Provider = {
      name: "typed",
      provide: ({ messages }) => {
        expectTypeOf(messages).toEqualTypeOf<readonly ChatMessage[]>();
        return { messages: [{ role: "user", content: "x" }] };
      },
    };
    expect(provider.name).toBe("typed");
  });
});
