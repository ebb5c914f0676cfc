import { inspect } from "node:util";
import { memoryStore, ThreadStoreError } from "@threadstore/core";
import type { ModelMessage, UIMessage } from "ai";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  type Conversation,
  ConversationError,
  type MessageStore,
  modelMessageStore,
  uiMessageStore,
} from "./index.ts";

const header = { format: "threadstore.thread", version: 1 };

function says(id: string, text: string, role: UIMessage["role"] = "user"): UIMessage {
  return { id, role, parts: [{ type: "text", text }] };
}

function texts(conversation: Conversation<UIMessage> | undefined): string[] | undefined {
  return conversation?.messages.map(
    ({ id, parts: [part] }) => `${id} ${part?.type === "text" ? part.text : ""}`,
  );
}

describe("UI messages", () => {
  test("are loaded as they were saved; nothing is undefined", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    expect(await chats.load("a")).toBeUndefined();
    const saved = await chats.save("a", [says("1", "Hello"), says("2", "Hi", "assistant")]);
    const loaded = await chats.load("a");
    expect(loaded).toEqual(saved);
    expect(loaded?.messages).toEqual([says("1", "Hello"), says("2", "Hi", "assistant")]);
  });

  test("are the documented format, to the byte, and grow at the end", async () => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const first = await chats.append("a", [says("1", "Hello")]);
    const json = (await store.load("a"))?.json ?? "";
    expect(json).toBe(
      '{"format":"threadstore.thread","version":1,"kind":"ai-sdk-ui-messages","messages":[' +
        '{"id":"1","role":"user","parts":[{"type":"text","text":"Hello"}]}]}',
    );
    await chats.save("a", [...first.messages, says("2", "Hi", "assistant")], { previous: first });
    expect((await store.load("a"))?.json.startsWith(json.slice(0, -2))).toBe(true);
  });

  test("are the caller's own", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const message = says("1", "Hello");
    const saving = chats.save("a", [message]);
    message.parts = [];
    const saved = await saving;
    saved.messages.push(says("2", "not saved"));
    Object.assign(saved.messages[0] ?? {}, { parts: [] });
    expect(texts(await chats.load("a"))).toEqual(["1 Hello"]);
    // What the caller changed in what it was given is its change.
    expect(texts(await chats.save("a", saved.messages.slice(1), { previous: saved }))).toEqual([
      "2 not saved",
    ]);
  });

  test("an empty conversation is one", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const empty = await chats.save("a", []);
    expect((await chats.load("a"))?.messages).toEqual([]);
    expect(texts(await chats.save("a", [says("1", "Hello")], { previous: empty }))).toEqual(["1 Hello"]);
  });

  test("take the store's options along", async () => {
    let now = 1_700_000_000_000;
    const chats = uiMessageStore({ store: memoryStore({ now: () => now }) });
    const metadata = { title: "Weather" };
    const first = await chats.append("a", [says("1", "Hello")], { metadata, ttlMs: 1000 });
    expect(first).toMatchObject({ id: "a", metadata, expiresAt: new Date(now + 1000) });
    const second = await chats.save("a", [], { previous: first, ttlMs: 5000 });
    expect(second).toMatchObject({ metadata, expiresAt: new Date(now + 5000) });
    now += 5000;
    expect(await chats.load("a")).toBeUndefined();
    const reason = new Error("The request is gone.");
    const signal = AbortSignal.abort(reason);
    await expect(chats.append("a", [], { signal })).rejects.toBe(reason);
    await expect(chats.save("a", [], { signal })).rejects.toBe(reason);
    await expect(chats.load("a", { signal })).rejects.toBe(reason);
  });

  test("dates and bytes in metadata, data and tools' outputs come back", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const message: UIMessage = {
      id: "1",
      role: "assistant",
      metadata: { at: new Date(0) },
      parts: [
        { type: "data-chart", data: new Uint8Array([1]) },
        { type: "tool-now", toolCallId: "c", state: "output-available", input: {}, output: new Date(1) },
      ],
    };
    await chats.save("a", [message]);
    expect((await chats.load("a"))?.messages).toStrictEqual([message]);
  });
});

describe("append", () => {
  test("replaces a UI message of the same id where it stands", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    await chats.append("a", [says("1", "Hello"), says("2", "Hi", "assistant"), says("3", "Bye")]);
    const after = await chats.append("a", [says("2", "Hi!", "assistant"), says("4", "Bye", "assistant")]);
    expect(texts(after)).toEqual(["1 Hello", "2 Hi!", "3 Bye", "4 Bye"]);
    expect(await chats.load("a")).toEqual(after);
  });

  test("of the same message again changes nothing: a request may be repeated", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    await chats.append("a", [says("1", "Hello")]);
    expect(texts(await chats.append("a", [says("1", "Hello")]))).toEqual(["1 Hello"]);
  });

  test("by many at once loses nothing", async () => {
    const store = memoryStore();
    const ids = Array.from({ length: 40 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => uiMessageStore({ store }).append("a", [says(id, "Hello")])));
    const loaded = await uiMessageStore({ store }).load("a");
    expect(new Set(loaded?.messages.map(({ id }) => id))).toEqual(new Set(ids));
  });

  test("that has no luck within maxAttempts is a conflict with the messages in it", async () => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    await chats.append("a", [says("1", "Hello")]);
    const unlucky = uiMessageStore({
      store: {
        update: (_id: string) => Promise.reject(new ThreadStoreError("CONFLICT", "Too many.")),
      } as never,
    });
    const appending = unlucky.append("a", [says("2", "Hi")], { maxAttempts: 1 });
    await expect(appending).rejects.toMatchObject({ code: "CONFLICT", unsaved: [says("2", "Hi")] });
  });
});

describe("of two that save at once", () => {
  async function both(): Promise<{
    chats: ReturnType<typeof uiMessageStore>;
    start: Conversation<UIMessage>;
  }> {
    const chats = uiMessageStore({ store: memoryStore() });
    const start = await chats.append("a", [says("1", "Hello"), says("2", "Hi", "assistant")]);
    return { chats, start };
  }

  test("the second is rejected with what it wanted to save, and nothing is written", async () => {
    const { chats, start } = await both();
    const first = await chats.append("a", [says("3", "first")]);
    const mine = [...start.messages, says("4", "second")];
    const error = await chats.save("a", mine, { previous: start }).catch((reason: unknown) => reason);
    expect(ConversationError.is(error, "CONFLICT")).toBe(true);
    expect(error).toMatchObject({ unsaved: mine, currentVersion: first.version });
    expect((error as ConversationError).cause).toSatisfy((cause) => ThreadStoreError.is(cause, "CONFLICT"));
    expect(texts(await chats.load("a"))).toEqual(["1 Hello", "2 Hi", "3 first"]);
    // Neither shows what was said.
    expect(inspect(error)).not.toContain("second");
    expect(JSON.stringify(error)).not.toContain("second");
  });

  test("the second is merged behind the first, and gets both", async () => {
    const { chats, start } = await both();
    await chats.append("a", [says("3", "first")]);
    const mine = [...start.messages, says("4", "second")];
    const merged = await chats.save("a", mine, { previous: start, onConflict: "merge" });
    expect(texts(merged)).toEqual(["1 Hello", "2 Hi", "3 first", "4 second"]);
    expect(await chats.load("a")).toEqual(merged);
  });

  test("each keeps what it changed, added and removed", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const ids = ["same", "theirs", "mine", "cut by them", "cut by me", "cut by both"];
    const start = await chats.append(
      "a",
      ids.map((id) => says(id, "old")),
    );
    const change = (name: string): UIMessage[] => [
      says("same", "old"),
      says("theirs", name === "they" ? "new" : "old"),
      says("mine", name === "I" ? "new" : "old"),
      name === "they" ? says("cut by me", "old") : says("cut by them", "old"),
      says("added by both", "new"),
      says(`added by ${name}`, "new"),
    ];
    await chats.save("a", change("they"), { previous: start });
    const merged = await chats.save("a", change("I"), { previous: start, onConflict: "merge" });
    expect(texts(merged)).toEqual([
      "same old",
      "theirs new",
      "mine new",
      "added by both new",
      "added by they new",
      "added by I new",
    ]);
  });

  test.each<[string, UIMessage[], UIMessage[]]>([
    ["changed one message", [says("1", "first")], [says("1", "second")]],
    ["added one id", [says("1", "Hello"), says("9", "first")], [says("1", "Hello"), says("9", "second")]],
    ["changed what the other cut", [], [says("1", "second")]],
    ["cut what the other changed", [says("1", "first")], []],
  ])(
    "the second is rejected even when merging, if they contradict each other: %s",
    async (_name, theirs, mine) => {
      const chats = uiMessageStore({ store: memoryStore() });
      const start = await chats.append("a", [says("1", "Hello")]);
      const first = await chats.save("a", theirs, { previous: start });
      const saving = chats.save("a", mine, { previous: start, onConflict: "merge" });
      const version = first.version;
      await expect(saving).rejects.toMatchObject({
        code: "CONFLICT",
        unsaved: mine,
        currentVersion: version,
      });
      expect(await chats.load("a")).toEqual(first);
    },
  );

  test("none makes a deleted conversation again, but append", async () => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const start = await chats.append("a", [says("1", "Hello")]);
    await store.delete("a");
    for (const onConflict of ["merge", "reject"] as const) {
      const saving = chats.save("a", [...start.messages, says("2", "Hi")], { previous: start, onConflict });
      await expect(saving).rejects.toMatchObject({ code: "CONFLICT" });
    }
    expect(texts(await chats.append("a", [says("2", "Hi")]))).toEqual(["2 Hi"]);
  });

  test("one may come with nothing, and find a conversation", async () => {
    const { chats } = await both();
    await expect(chats.save("a", [says("3", "new")])).rejects.toMatchObject({ code: "CONFLICT" });
    const merged = await chats.save("a", [says("3", "new")], { onConflict: "merge" });
    expect(texts(merged)).toEqual(["1 Hello", "2 Hi", "3 new"]);
  });

  test("one may come with a version alone, as of a web page", async () => {
    const { chats, start } = await both();
    const saved = await chats.save("a", [...start.messages, says("3", "new")], { previous: start.version });
    expect(texts(saved)).toEqual(["1 Hello", "2 Hi", "3 new"]);
    const stale = { previous: start.version };
    await expect(chats.save("a", [], stale)).rejects.toMatchObject({ code: "CONFLICT", unsaved: [] });
    // What it started from is not known any more: nothing is removed, and what is the same is no change.
    const mine = [...start.messages, says("4", "newer")];
    const merged = await chats.save("a", mine, { ...stale, onConflict: "merge" });
    expect(texts(merged)).toEqual(["1 Hello", "2 Hi", "3 new", "4 newer"]);
    const changed = chats.save("a", [says("1", "changed")], { ...stale, onConflict: "merge" });
    await expect(changed).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("many that merge lose nothing", async () => {
    const { chats, start } = await both();
    const ids = Array.from({ length: 30 }, (_, index) => `n${index}`);
    const saves = ids.map((id) => {
      return chats.save("a", [...start.messages, says(id, "x")], { previous: start, onConflict: "merge" });
    });
    await Promise.all(saves);
    const found = (await chats.load("a"))?.messages.map(({ id }) => id);
    expect(new Set(found)).toEqual(new Set(["1", "2", ...ids]));
  });
});

describe("what is stored", () => {
  test("keeps what this version does not know, where the caller did not change it", async () => {
    const store = memoryStore();
    const known = { id: "1", role: "user", parts: [{ type: "text", text: "Hello", later: 1 }], later: 2 };
    const thread = { ...header, kind: "ai-sdk-ui-messages", later: { a: 3 }, messages: [known] };
    await store.save("a", thread);
    for (const schemas of [{}, { metadataSchema: z.object({}).optional() }]) {
      const chats = uiMessageStore({ store, ...schemas });
      const loaded = await chats.load("a");
      const messages = [...(loaded?.messages ?? []), says(String(Math.random()), "more")];
      await chats.save("a", messages, { previous: loaded });
      await chats.append("a", [says(String(Math.random()), "more")]);
      await chats.save("a", (await chats.load("a"))?.messages ?? [], {
        previous: (await chats.load("a"))?.version,
      });
    }
    const after = (await store.load("a"))?.thread;
    expect(Object.keys(after ?? {})).toEqual(["format", "version", "kind", "later", "messages"]);
    expect(after).toMatchObject({ later: { a: 3 } });
    expect(after?.["messages"]).toHaveProperty("[0]", known);
  });

  test.each<[object, string, string]>([
    [{}, "THREAD_MISMATCH", "$.format"],
    [{ ...header, kind: "ai-sdk-model-messages", messages: [] }, "THREAD_MISMATCH", "$.kind"],
    [{ ...header, kind: "ai-sdk-ui-messages", version: 2 }, "THREAD_TOO_NEW", "$.version"],
    [{ ...header, kind: "ai-sdk-ui-messages", version: "1" }, "THREAD_INVALID", "$.version"],
    [{ ...header, kind: "ai-sdk-ui-messages" }, "THREAD_INVALID", "$.messages"],
    [{ ...header, kind: "ai-sdk-ui-messages", messages: [1] }, "THREAD_INVALID", "$.messages[0]"],
    [{ ...header, kind: "ai-sdk-ui-messages", messages: [{}] }, "THREAD_INVALID", "$.messages[0].id"],
    [
      {
        ...header,
        kind: "ai-sdk-ui-messages",
        messages: [says("1", "a"), { id: "2", role: "tool", parts: [] }],
      },
      "THREAD_INVALID",
      "$.messages[1].role",
    ],
    [
      {
        ...header,
        kind: "ai-sdk-ui-messages",
        messages: [{ id: "1", role: "user", parts: [{ type: "text", text: { $date: "soon" } }] }],
      },
      "THREAD_INVALID",
      "$.messages[0].parts[0].text.$date",
    ],
  ])("is not trusted, and left as it is: %j", async (thread, code, path) => {
    const store = memoryStore();
    await store.save("a", thread);
    const chats = uiMessageStore({ store });
    await expect(chats.load("a")).rejects.toMatchObject({ code, path });
    await expect(chats.append("a", [says("9", "x")])).rejects.toMatchObject({ code, path });
    expect((await store.load("a"))?.thread).toEqual(thread);
  });

  test("is checked with the caller's schemas", async () => {
    type Message = UIMessage<
      { at: number },
      { chart: number[] },
      { weather: { input: { city: string }; output: string } }
    >;
    const store = memoryStore();
    const chats = uiMessageStore<Message>({
      store,
      metadataSchema: z.object({ at: z.number() }),
      dataSchemas: { chart: z.array(z.number()) },
      tools: { weather: { inputSchema: z.object({ city: z.string() }) } },
    });
    const message: Message = {
      id: "1",
      role: "assistant",
      metadata: { at: 1 },
      parts: [
        { type: "data-chart", data: [1] },
        { type: "tool-weather", toolCallId: "c", state: "input-available", input: { city: "Rome" } },
      ],
    };
    expect((await chats.save("a", [message])).messages).toEqual([message]);
    for (const [index, [damaged, path]] of [
      [{ ...message, metadata: { at: "x" } }, "[0].metadata.at"],
      [{ ...message, parts: [{ type: "data-chart", data: ["x"] }] }, "[0].parts[0].data[0]"],
      [{ ...message, parts: [{ ...message.parts[1], input: { city: 1 } }] }, "[0].parts[0].input.city"],
    ].entries() as ArrayIterator<[number, [Message, string]]>) {
      const saving = chats.save(`b${index}`, [damaged]);
      const details = { code: "INVALID_ARGUMENT", path: `$${path}`, unsaved: [damaged] };
      await expect(saving).rejects.toMatchObject(details);
      expect(await store.load(`b${index}`)).toBeUndefined();
      await store.save(`c${index}`, { ...header, kind: "ai-sdk-ui-messages", messages: [damaged] });
      const loading = chats.load(`c${index}`);
      await expect(loading).rejects.toMatchObject({ code: "THREAD_INVALID", path: `$.messages${path}` });
    }
  });
});

describe("what the caller passes is checked before anything is written", () => {
  test.each<[unknown, string, RegExp]>([
    ["text", "$", /a list of messages/u],
    [[null], "$[0]", /a message/u],
    [[{ role: "user", parts: [] }], "$[0].id", /generateMessageId/u],
    [[{ ...says("", "x") }], "$[0].id", /generateMessageId/u],
    [[says("1", "a"), says("1", "b")], "$[1].id", /same id/u],
    [[{ id: "1", role: "user", parts: [] }], "$[0].parts", /see the cause/u],
    [[{ id: "1", role: "user", parts: [{ type: "nonsense" }] }], "$[0].parts[0].type", /see the cause/u],
  ])("%j", async (messages, path, message) => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const invalid = { code: "INVALID_ARGUMENT", path, message: expect.stringMatching(message) };
    await expect(chats.save("a", messages as UIMessage[])).rejects.toMatchObject(invalid);
    await expect(chats.append("a", messages as UIMessage[])).rejects.toMatchObject(invalid);
    expect(await store.load("a")).toBeUndefined();
  });

  test("a policy, and a store", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const saving = chats.save("a", [], { onConflict: "retry" as never });
    await expect(saving).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "onConflict" });
    for (const make of [uiMessageStore, modelMessageStore]) {
      expect(() => make({} as never)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", path: "store" }),
      );
    }
  });

  test("a failing store is heard: its error comes through as it is", async () => {
    const store = memoryStore();
    const chats: MessageStore<UIMessage> = uiMessageStore({ store });
    await store.close();
    for (const call of [() => chats.load("a"), () => chats.save("a", []), () => chats.append("a", [])]) {
      await expect(call()).rejects.toSatisfy((error) => ThreadStoreError.is(error, "CLOSED"));
    }
  });
});

describe("model messages", () => {
  const image: ModelMessage = {
    role: "user",
    content: [
      { type: "text", text: "What is this?" },
      { type: "file", mediaType: "image/png", data: new Uint8Array([137, 80, 78, 71]) },
      { type: "file", mediaType: "image", data: { type: "data", data: new Uint8Array([1]).buffer } },
      {
        type: "file",
        mediaType: "image/png",
        data: { type: "url", url: new URL("https://example.org/a.png") },
      },
      { type: "image", image: new URL("https://example.org/b.png") },
    ],
  };
  const hello: ModelMessage = { role: "user", content: "Hello" };
  const hi: ModelMessage = { role: "assistant", content: [{ type: "text", text: "Hi" }] };

  test("are loaded as they were saved, bytes and URLs too", async () => {
    const agents = modelMessageStore({ store: memoryStore() });
    const saved = await agents.save("a", [image, hi]);
    expect(saved.messages).toStrictEqual([image, hi]);
    expect((await agents.load("a"))?.messages).toStrictEqual([image, hi]);
  });

  test("of several appends all arrive, each call's messages together", async () => {
    const agents = modelMessageStore({ store: memoryStore() });
    const pairs = Array.from({ length: 20 }, (_, index): ModelMessage[] => {
      return [
        { role: "user", content: `Q${index}` },
        { role: "assistant", content: `A${index}` },
      ];
    });
    await Promise.all(pairs.map((pair) => agents.append("a", pair)));
    const messages = (await agents.load("a"))?.messages ?? [];
    for (let index = 0; index < messages.length; index += 2) {
      const [question, answer] = messages.slice(index, index + 2).map(({ content }) => content as string);
      expect(answer).toBe(question?.replace("Q", "A"));
    }
    expect(messages).toHaveLength(40);
  });

  test("are merged where both lists only grew", async () => {
    const agents = modelMessageStore({ store: memoryStore() });
    const start = await agents.append("a", [hello]);
    await agents.append("a", [hi]);
    const merge = { previous: start, onConflict: "merge" } as const;
    const merged = await agents.save("a", [hello, hello], merge);
    expect(merged.messages).toEqual([hello, hi, hello]);
    await expect(agents.save("a", [hi], merge)).rejects.toMatchObject({ code: "CONFLICT", unsaved: [hi] });
    const unknown = agents.save("a", [hello], { ...merge, previous: start.version });
    await expect(unknown).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("are checked, both ways", async () => {
    const store = memoryStore();
    const agents = modelMessageStore({ store });
    const wrong = { role: "assistant", content: [{ type: "text" }] } as unknown as ModelMessage;
    const saving = agents.save("a", [hello, wrong]);
    await expect(saving).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path: expect.stringMatching(/^\$\[1\]/u),
    });
    await store.save("a", { ...header, kind: "ai-sdk-model-messages", messages: [{ role: "user" }] });
    const loading = agents.load("a");
    await expect(loading).rejects.toMatchObject({
      code: "THREAD_INVALID",
      path: expect.stringMatching(/^\$\.messages\[0\]/u),
    });
  });
});
