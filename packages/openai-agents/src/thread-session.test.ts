import {
  Agent,
  type AgentInputItem,
  assistant,
  MemorySession,
  RunContext,
  type RunContextAwareSession,
  Runner,
  type Session,
  user,
} from "@openai/agents-core";
import { ScriptedModel } from "@openai/agents-core/testing";
import { memoryStore, type StoredThread, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { threadSession, type ThreadSessionOptions } from "./index.ts";
import { kinds } from "./tools.test-helper.ts";

function call(callId: string): AgentInputItem {
  return { type: "function_call", callId, name: "weather", arguments: "{}", status: "completed" };
}

function result(callId: string, text = "sun"): AgentInputItem {
  const output = { type: "text", text } as const;
  return { type: "function_call_result", callId, name: "weather", status: "completed", output };
}

/** Records a store's calls, and the cached versions passed to `load`. */
function recording(store: ThreadStore): {
  store: ThreadStore;
  calls: string[];
  cached: (StoredThread | undefined)[];
} {
  const calls: string[] = [];
  const cached: (StoredThread | undefined)[] = [];
  const recorded: Partial<ThreadStore> = {
    load: (id, options) => (calls.push("load"), cached.push(options?.cached), store.load(id, options)),
    save: (...parameters) => (calls.push("save"), store.save(...parameters)),
    update: (...parameters) => (calls.push("update"), store.update(...parameters)),
    append: (...parameters) => (calls.push("append"), store.append(...parameters)),
  };
  return { store: recorded as ThreadStore, calls, cached };
}

describe("a thread session behaves like the SDK's MemorySession", () => {
  const hello = user("Hello");
  const steps: readonly ((session: Session) => Promise<unknown>)[] = [
    (session) => session.getSessionId(),
    (session) => session.getItems(),
    (session) => session.popItem(),
    (session) => session.clearSession(),
    (session) => session.addItems([]),
    (session) => session.addItems([hello]),
    (session) => session.addItems([assistant("Hi"), call("1"), result("1"), assistant("Sun")]),
    (session) => session.getItems(),
    (session) => session.getItems(2),
    (session) => session.getItems(99),
    (session) => session.getItems(0),
    (session) => session.getItems(-1),
    (session) => session.popItem(),
    (session) => session.getItems(),
    async (session) => {
      const [first] = await session.getItems();
      Object.assign(first ?? {}, { content: "changed by the caller" });
      return session.getItems(4);
    },
    (session) => session.addItems([hello, hello]),
    (session) => session.getItems(),
    (session) => session.clearSession(),
    (session) => session.getItems(),
    (session) => session.addItems([hello]),
    (session) => session.getItems(),
  ];

  test("with one session object", async () => {
    const session = threadSession({ store: memoryStore(), id: "talk" });
    const memorySession = new MemorySession({ sessionId: "talk" });
    for (const [index, step] of steps.entries()) {
      expect(await step(session), `step ${index}`).toEqual(await step(memorySession));
    }
  });

  test("with a new session object for each call", async () => {
    const store = memoryStore();
    const memorySession = new MemorySession({ sessionId: "talk" });
    for (const [index, step] of steps.entries()) {
      const session = threadSession({ store, id: "talk" });
      expect(await step(session), `step ${index}`).toEqual(await step(memorySession));
    }
  });
});

describe("the thread", () => {
  test("has the documented format, byte for byte, and grows at its end", async () => {
    const store = memoryStore();
    const session = threadSession({ store, id: "talk" });
    await session.addItems([user("Hello")]);
    const first = (await store.load("talk"))?.json ?? "";
    expect(first).toBe(
      '{"format":"threadstore.thread","version":1,"kind":"openai-agents-items","items":[' +
        '{"type":"message","role":"user","content":[{"type":"input_text","text":"Hello"}]}]}',
    );
    await session.addItems([assistant("Hi")]);
    const second = (await store.load("talk"))?.json ?? "";
    expect(second.startsWith(first.slice(0, -2))).toBe(true);
  });

  test("preserves unknown members, before the items", async () => {
    const store = memoryStore();
    const thread = { format: "threadstore.thread", version: 1, kind: "openai-agents-items", later: { a: 1 } };
    await store.save("talk", { ...thread, items: [{ role: "user", content: "Hello", also: "later" }] });
    await threadSession({ store, id: "talk" }).addItems([user("Again")]);
    const after = (await store.load("talk"))?.thread ?? {};
    expect(Object.keys(after)).toEqual([...Object.keys(thread), "items"]);
    expect(after["later"]).toEqual({ a: 1 });
    expect(after["items"]).toMatchObject([{ also: "later" }, { role: "user" }]);
  });

  test("is saved with metadata, and expires after its TTL", async () => {
    let now = 1_700_000_000_000;
    const store = memoryStore({ now: () => now });
    const session = threadSession({ store, id: "talk", metadata: { title: "Weather" }, ttlMs: 1000 });
    await session.addItems([user("Hello")]);
    const stored = await store.load("talk");
    expect(stored?.metadata).toEqual({ title: "Weather" });
    expect(stored?.expiresAt).toEqual(new Date(now + 1000));
    now += 1000;
    // The session object still holds the expired version, which it must not change.
    await session.addItems([user("Again")]);
    expect(await session.getItems()).toEqual([user("Again")]);
  });

  test("keeps its metadata if the session has none, even when it is cleared", async () => {
    const store = memoryStore();
    await threadSession({ store, id: "talk", metadata: { title: "Weather" } }).addItems([user("Hello")]);
    const session = threadSession({ store, id: "talk" });
    await session.clearSession();
    expect(await store.load("talk")).toMatchObject({ metadata: { title: "Weather" } });
    expect(await session.getItems()).toEqual([]);
  });

  test("is not created by reading, popping or clearing", async () => {
    const store = memoryStore();
    const session = threadSession({ store, id: "talk" });
    await session.getItems();
    await session.popItem();
    await session.clearSession();
    await session.addItems([]);
    expect(await store.load("talk")).toBeUndefined();
  });
});

describe("items", () => {
  const header = '{"format":"threadstore.thread","version":1,"kind":"openai-agents-items"';

  test("that the caller did not change keep their text, also beside those that it did", async () => {
    const store = memoryStore();
    const first = String.raw`{"type":"message","role":"user","content":"\u0041 \"[{,","providerData":{"seed":12345678901234567890,"t":1.0,"e":1E3,"n":-0}}`;
    const call1 =
      '{"type":"function_call","callId":"1","name":"a","arguments":"{}","providerData":{"t":2.50}}';
    const last = '{"type":"reasoning","content":[],"providerData":{"a":[1.0,[],{},"]"]}}';
    const later = String.raw`"later":{"big":98765432109876543210,"text":"\\\""}`;
    const json = `${header},${later},"items":[${first},${call1},${last}]}`;
    const spaced = json.replaceAll(/(?<=[}\]"]),(?=["{])/gu, " ,\n\t");
    for (const stored of [json, spaced]) {
      await store.save("talk", stored, { overwrite: true });
      const session = threadSession({ store, id: "talk" });
      const textOf = async (): Promise<string | undefined> => (await store.load("talk"))?.json;
      await session.addItems([result("1")]);
      const added = JSON.stringify(result("1"));
      expect(await textOf()).toBe(`${header},${later},"items":[${first},${call1},${added},${last}]}`);
      const replacement = { ...call("1"), arguments: '{"b":1}' } as never;
      await session.applyHistoryMutations({
        mutations: [{ type: "replace_function_call", callId: "1", replacement }],
      });
      const rewritten = JSON.stringify(replacement);
      expect(await textOf()).toBe(`${header},${later},"items":[${first},${rewritten},${added},${last}]}`);
      const expectedSuffix = [JSON.parse(last) as AgentInputItem];
      const transaction = { type: "replace_suffix", expectedSuffix, replacement: [user("?")] } as const;
      await session.applyHistoryTransaction({
        operationId: "o",
        transaction: { ...transaction, replacement: [user("?")] },
      });
      await session.popItem();
      expect(await textOf()).toContain(`"items":[${first},${rewritten},${added}]}`);
      expect(await textOf()).toContain(later);
      await session.replaceHistoryWithCompaction([{ type: "compaction", encrypted_content: "x" }]);
      expect(await textOf()).toContain(`"items":[${first},`);
    }
  });

  const image = (data: unknown): AgentInputItem => {
    const output = [{ type: "input_image", image: { data, mediaType: "image/png" } }];
    return { ...result("1"), output } as unknown as AgentInputItem;
  };

  test.each<[string, unknown, string]>([
    ["bytes", new Uint8Array([0, 1, 254, 255]), '{"$bytes":"AAH+/w=="}'],
    ["no bytes", new Uint8Array(0), '{"$bytes":""}'],
    ["a part of a buffer", new Uint8Array([9, 1, 2, 9]).subarray(1, 3), '{"$bytes":"AQI="}'],
    ["text", "AAAA", '"AAAA"'],
    ["an object like encoded bytes", { $bytes: "AAAA" }, '{"$object":{"$bytes":"AAAA"}}'],
    ["an object like an encoded object", { $object: {} }, '{"$object":{"$object":{}}}'],
    ["another object", { $bytes: "AAAA", a: 1 }, '{"$bytes":"AAAA","a":1}'],
  ])("keep data that is %s", async (_, data, stored) => {
    const store = memoryStore();
    await threadSession({ store, id: "talk" }).addItems([call("1"), image(data)]);
    expect((await store.load("talk"))?.json).toContain(`"data":${stored}`);
    const session = threadSession({ store, id: "talk" });
    expect(await session.getItems()).toStrictEqual([
      call("1"),
      image(data instanceof Uint8Array ? Uint8Array.from(data) : data),
    ]);
    const replacement = call("1") as never;
    await session.applyHistoryMutations({
      mutations: [{ type: "replace_function_call", callId: "1", replacement }],
    });
    expect((await store.load("talk"))?.json).toContain(`"data":${stored}`);
    const expectedSuffix = [image(data)];
    await session.applyHistoryTransaction({
      operationId: "o",
      transaction: { type: "replace_suffix", expectedSuffix, replacement: [image(data)] },
    });
    expect(await session.popItem()).toEqual(image(data));
  });

  test("keep stored data that only looks like bytes", async () => {
    const store = memoryStore();
    const data = { $bytes: "not base64" };
    await store.save("talk", `${header},"items":[{"type":"x","data":${JSON.stringify(data)},"$bytes":1}]}`);
    expect(await threadSession({ store, id: "talk" }).getItems()).toEqual([{ type: "x", data, $bytes: 1 }]);
  });
});

describe("the context of a run", () => {
  test("reaches the function that returns the metadata of each write", async () => {
    const store = memoryStore();
    const contexts: unknown[] = [];
    const session = threadSession<{ user: string }>({
      store,
      id: "talk",
      metadata: (runContext) => {
        contexts.push(runContext?.context);
        return runContext === undefined ? undefined : { user: runContext.context.user };
      },
    });
    const runContext = new RunContext({ user: "ann" });
    await session.addItems([user("Hello"), user("Again")], runContext);
    expect((await store.load("talk"))?.metadata).toEqual({ user: "ann" });
    await session.getItems(1, runContext);
    await session.popItem(new RunContext({ user: "bob" }));
    expect((await store.load("talk"))?.metadata).toEqual({ user: "bob" });
    await session.replaceHistoryWithCompaction([{ type: "compaction", encrypted_content: "x" }], runContext);
    const transaction = { type: "append_items", items: [user("?")] } as const;
    await session.applyHistoryTransaction(
      { operationId: "o", transaction: { ...transaction, items: [user("?")] } },
      runContext,
    );
    await session.clearSession(runContext);
    await session.addItems([user("Hello")]);
    expect((await store.load("talk"))?.metadata).toEqual({ user: "ann" });
    const [ann, bob] = [{ user: "ann" }, { user: "bob" }];
    expect(contexts).toEqual([ann, bob, ann, ann, ann, undefined]);
  });

  test("is passed by the runner to every call", async () => {
    const store = memoryStore();
    const session = threadSession<{ user: string }>({
      store,
      id: "talk",
      metadata: (run) => run && { user: run.context.user, tokens: String(run.usage.totalTokens) },
    });
    const typed: RunContextAwareSession<{ user: string }> = session;
    const model = new ScriptedModel([[assistant("Hi.")]]);
    const agent = new Agent<{ user: string }>({ name: "Assistant", model });
    await new Runner({ tracingDisabled: true }).run(agent, "Hello", {
      session: typed,
      context: { user: "ann" },
    });
    expect((await store.load("talk"))?.metadata).toMatchObject({
      user: "ann",
      tokens: expect.stringMatching(/^\d+$/u) as string,
    });
  });

  test("that makes the function throw writes nothing", async () => {
    const store = memoryStore();
    const error = new Error("Not your session.");
    const metadata = (): never => {
      throw error;
    };
    const session = threadSession({ store, id: "talk", metadata });
    await expect(session.addItems([user("Hello")])).rejects.toBe(error);
    expect(await store.load("talk")).toBeUndefined();
  });
});

test("the runner recognizes its items after they were stored", async () => {
  const session = threadSession({ store: memoryStore(), id: "talk" });
  const items = [
    { type: "message", role: "user", content: "a\ud800", id: undefined },
  ] as unknown as AgentInputItem[];
  await session.addItems(items);
  expect(session.prepareHistoryItemsForPersistenceComparison(items)).toStrictEqual(await session.getItems());
});

describe("requests", () => {
  test("a change of the latest known version is one save", async () => {
    const { store, calls } = recording(memoryStore());
    const session = threadSession({ store, id: "talk" });
    await session.getItems();
    await session.addItems([user("Hello")]);
    await session.addItems([assistant("Hi")]);
    await session.popItem();
    expect(calls).toEqual(["load", "save", "save", "save"]);
  });

  test("a change after another process has written is a failed save and one update, and loses nothing", async () => {
    const memory = memoryStore();
    const { store, calls } = recording(memory);
    const session = threadSession({ store, id: "talk" });
    await session.addItems([user("1")]);
    await threadSession({ store: memory, id: "talk" }).addItems([user("2")]);
    calls.length = 0;
    await session.addItems([user("3")]);
    expect(calls).toEqual(["save", "update"]);
    expect(await session.getItems()).toEqual([user("1"), user("2"), user("3")]);
  });

  test("popItem does not assume that a session is still empty", async () => {
    const store = memoryStore();
    const session = threadSession({ store, id: "talk" });
    expect(await session.getItems()).toEqual([]);
    await threadSession({ store, id: "talk" }).addItems([user("Hello")]);
    expect(await session.popItem()).toEqual(user("Hello"));
  });

  test("repeated reads pass the latest known version as cached", async () => {
    const { store, cached } = recording(memoryStore());
    const session = threadSession({ store, id: "talk" });
    await session.addItems([user("Hello")]);
    await session.getItems();
    await session.getItems();
    expect(cached.map((stored) => stored?.id)).toEqual(["talk", "talk"]);
  });
});

describe("concurrent calls", () => {
  test("of many session objects add all items, each call's together", async () => {
    const store = memoryStore();
    const pairs = Array.from({ length: 30 }, (_, index) => [user(`Q${index}`), assistant(`A${index}`)]);
    await Promise.all(pairs.map((items) => threadSession({ store, id: "talk" }).addItems(items)));
    const items = await threadSession({ store, id: "talk" }).getItems();
    const storedPairs = Array.from({ length: 30 }, (_, index) => items.slice(2 * index, 2 * index + 2));
    expect(storedPairs).toHaveLength(pairs.length);
    expect(new Set(storedPairs.map((pair) => JSON.stringify(pair)))).toEqual(
      new Set(pairs.map((pair) => JSON.stringify(pair))),
    );
  });

  test("of one session object take effect in their order, even on a store whose first save is the slowest", async () => {
    const store = memoryStore();
    let delayMs = 20;
    const slow: Partial<ThreadStore> = {
      load: (...parameters) => store.load(...parameters),
      append: (...parameters) => store.append(...parameters),
      update: (...parameters) => store.update(...parameters),
      async save(...parameters) {
        delayMs /= 2;
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        return store.save(...parameters);
      },
    };
    const session = threadSession({ store: slow as ThreadStore, id: "talk" });
    const items = Array.from({ length: 20 }, (_, index) => user(String(index)));
    await Promise.all([
      session.addItems([user("removed")]),
      session.clearSession(),
      ...items.map((item) => session.addItems([item])),
      session.popItem(),
    ]);
    expect(await session.getItems()).toEqual(items.slice(0, -1));
  });

  test("continue after one that was rejected", async () => {
    const session = threadSession({ store: memoryStore(), id: "talk" });
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    const calls = await Promise.allSettled([
      session.addItems([cyclic as unknown as AgentInputItem]),
      session.addItems([user("Hello")]),
    ]);
    expect(calls.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(await session.getItems()).toEqual([user("Hello")]);
  });

  test("never pop an item twice", async () => {
    const store = memoryStore();
    const items = Array.from({ length: 20 }, (_, index) => user(String(index)));
    await threadSession({ store, id: "talk" }).addItems(items);
    const pops = Array.from({ length: 25 }, () => threadSession({ store, id: "talk" }).popItem());
    const popped = (await Promise.all(pops)).filter((item) => item !== undefined);
    expect(new Set(popped.map((item) => JSON.stringify(item))).size).toBe(20);
  });
});

describe("a tool result", () => {
  test("is inserted after its call, even if another turn follows that call", async () => {
    const session = threadSession({ store: memoryStore(), id: "talk" });
    await session.addItems([user("Weather?"), call("1"), call("2"), result("2")]);
    await session.addItems([user("And now?"), call("3"), result("3"), assistant("Wait")]);
    await session.addItems([result("1"), assistant("Sun")]);
    expect(kinds(await session.getItems())).toEqual([
      "user",
      "function_call 1",
      "function_call 2",
      "function_call_result 2",
      "function_call_result 1",
      "user",
      "function_call 3",
      "function_call_result 3",
      "assistant",
      "assistant",
    ]);
  });

  test("without a call is appended", async () => {
    const session = threadSession({ store: memoryStore(), id: "talk" });
    await session.addItems([user("Weather?")]);
    await session.addItems([result("1"), assistant("Sun")]);
    expect(kinds(await session.getItems())).toEqual(["user", "function_call_result 1", "assistant"]);
  });

  test("is added for an open call, and replaced by the real one", async () => {
    const session = threadSession({ store: memoryStore(), id: "talk" });
    await session.addItems([user("Weather?"), call("1"), call("2"), result("2")]);
    await session.addItems([user("Hello?"), assistant("Hi")]);
    expect(await session.answerOpenCalls()).toEqual(["1"]);
    expect(await session.answerOpenCalls()).toEqual([]);
    const items = await session.getItems();
    expect(kinds(items).slice(1, 5)).toEqual([
      "function_call 1",
      "function_call 2",
      "function_call_result 2",
      "function_call_result 1",
    ]);
    expect(items[4]).toMatchObject({
      name: "weather",
      status: "incomplete",
      output: { type: "text", text: expect.stringMatching(/^Interrupted/u) },
    });
    await session.addItems([result("1", "snow")]);
    expect((await session.getItems()).filter(({ type }) => type === "function_call_result")).toEqual([
      result("2"),
      result("1", "snow"),
    ]);
  });
});

describe("what the caller passes", () => {
  test("is copied, without undefined members, and with U+FFFD for lone surrogates", async () => {
    const session = threadSession({ store: memoryStore(), id: "talk" });
    const item: unknown = { type: "message", role: "user", content: "a\ud800", id: undefined };
    const adding = session.addItems([item as AgentInputItem]);
    Object.assign(item as object, { content: "changed" });
    await adding;
    const [stored] = await session.getItems();
    expect(stored).toStrictEqual({ type: "message", role: "user", content: "a\ufffd" });
  });

  const bytes = {
    type: "message",
    role: "user",
    content: [{ type: "input_image", image: new Uint8Array(2) }],
  };
  test.each<[unknown, string, RegExp]>([
    ["text", "$", /an array of items, but is a string/u],
    [[undefined], "$[0]", /but is missing/u],
    [[{ role: "user" }], "$[0].content", /a string or an array of parts, but is missing/u],
    [[{ type: "message", content: "x" }], "$[0].role", /a role, but is missing/u],
    [
      [{ role: "user", content: [{ text: "x" }] }],
      "$[0].content[0].type",
      /a content part type, but is missing/u,
    ],
    [[{ type: 1 }], "$[0].type", /but is a number/u],
    [[{ type: "function_call", callId: "1", name: "a" }], "$[0].arguments", /a string, but is missing/u],
    [[{ type: "function_call_result" }], "$[0].callId", /a string, but is missing/u],
    [[{ type: "reasoning", at: new Date(0) }], "$[0].at", /a JSON value, but is a class instance/u],
    [[{ type: "reasoning", count: Number.NaN }], "$[0].count", /a non-finite number/u],
    [[bytes], "$[0].content[0].image", /Encode bytes as base64 or as a data URL/u],
  ])("is rejected with the path: %j", async (items, path, message) => {
    const { store, calls } = recording(memoryStore());
    const session = threadSession({ store, id: "talk" });
    await expect(session.addItems(items as AgentInputItem[])).rejects.toMatchObject({
      name: "SessionError",
      code: "INVALID_ARGUMENT",
      path,
      message: expect.stringMatching(message),
    });
    expect(calls).toEqual([]);
  });

  test("is rejected if it is nested too deeply", async () => {
    let deep: object = { type: "reasoning" };
    for (let level = 0; level < 1001; level++) deep = { type: "reasoning", deep };
    const session = threadSession({ store: memoryStore(), id: "talk" });
    await expect(session.addItems([deep as AgentInputItem])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringMatching(/nested at most 1000 levels deep/u),
    });
  });

  test.each<[object, string]>([
    [{ id: "talk" }, "store"],
    [{ store: {}, id: "talk" }, "store"],
    [{ store: memoryStore(), id: "" }, "id"],
    [{ store: memoryStore() }, "id"],
    [{ store: memoryStore(), id: "talk", compact: true }, "compact"],
  ])("as options is checked synchronously: %j", (options, path) => {
    expect(() => threadSession(options as ThreadSessionOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }),
    );
  });

  test("as a limit must be an integer", async () => {
    const session = threadSession({ store: memoryStore(), id: "talk" });
    await expect(session.getItems(1.5)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "limit" });
  });
});

test("a store's errors are passed on unchanged", async () => {
  const store = memoryStore();
  const session = threadSession({ store, id: "talk" });
  await store.close();
  await expect(session.getItems()).rejects.toMatchObject({ code: "CLOSED" });
  const adding = session.addItems([user("Hello")]);
  await expect(adding).rejects.toSatisfy((error) => ThreadStoreError.is(error, "CLOSED"));
});

test("an aborted signal rejects calls with its reason, and nothing is written", async () => {
  const store = memoryStore();
  const reason = new Error("The client disconnected.");
  const session = threadSession({ store, id: "talk", signal: AbortSignal.abort(reason) });
  await expect(session.addItems([user("Hello")])).rejects.toBe(reason);
  await expect(session.getItems()).rejects.toBe(reason);
  expect(await store.load("talk")).toBeUndefined();
});
