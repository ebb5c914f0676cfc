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

function textMessage(id: string, text: string, role: UIMessage["role"] = "user"): UIMessage {
  return { id, role, parts: [{ type: "text", text }] };
}

function texts(conversation: Conversation<UIMessage> | undefined): string[] | undefined {
  return conversation?.messages.map(
    ({ id, parts: [part] }) => `${id} ${part?.type === "text" ? part.text : ""}`,
  );
}

describe("UI messages", () => {
  test("are loaded as they were saved; a missing conversation is undefined", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    expect(await chats.load("a")).toBeUndefined();
    const saved = await chats.save("a", [textMessage("1", "Hello"), textMessage("2", "Hi", "assistant")]);
    const loaded = await chats.load("a");
    expect(loaded).toEqual(saved);
    expect(loaded?.messages).toEqual([textMessage("1", "Hello"), textMessage("2", "Hi", "assistant")]);
  });

  test("have the documented format, byte for byte, and grow at the end", async () => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const first = await chats.append("a", [textMessage("1", "Hello")]);
    const json = (await store.load("a"))?.json ?? "";
    expect(json).toBe(
      '{"format":"threadstore.thread","version":1,"kind":"ai-sdk-ui-messages","messages":[' +
        '{"id":"1","role":"user","parts":[{"type":"text","text":"Hello"}]}]}',
    );
    await chats.save("a", [...first.messages, textMessage("2", "Hi", "assistant")], { previous: first });
    expect((await store.load("a"))?.json.startsWith(json.slice(0, -2))).toBe(true);
  });

  test("belong to the caller", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const message = textMessage("1", "Hello");
    const saving = chats.save("a", [message]);
    message.parts = [];
    const saved = await saving;
    saved.messages.push(textMessage("2", "not saved"));
    Object.assign(saved.messages[0] ?? {}, { parts: [] });
    expect(texts(await chats.load("a"))).toEqual(["1 Hello"]);
    // Changes of a returned conversation are the caller's changes.
    expect(texts(await chats.save("a", saved.messages.slice(1), { previous: saved }))).toEqual([
      "2 not saved",
    ]);
  });

  test("may be empty", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const empty = await chats.save("a", []);
    expect((await chats.load("a"))?.messages).toEqual([]);
    expect(texts(await chats.save("a", [textMessage("1", "Hello")], { previous: empty }))).toEqual([
      "1 Hello",
    ]);
  });

  test("are saved with the store's options", async () => {
    let now = 1_700_000_000_000;
    const chats = uiMessageStore({ store: memoryStore({ now: () => now }) });
    const metadata = { title: "Weather" };
    const first = await chats.append("a", [textMessage("1", "Hello")], { metadata, ttlMs: 1000 });
    expect(first).toMatchObject({ id: "a", metadata, expiresAt: new Date(now + 1000) });
    const second = await chats.save("a", [], { previous: first, ttlMs: 5000 });
    expect(second).toMatchObject({ metadata, expiresAt: new Date(now + 5000) });
    now += 5000;
    expect(await chats.load("a")).toBeUndefined();
    const reason = new Error("The client disconnected.");
    const signal = AbortSignal.abort(reason);
    await expect(chats.append("a", [], { signal })).rejects.toBe(reason);
    await expect(chats.save("a", [], { signal })).rejects.toBe(reason);
    await expect(chats.load("a", { signal })).rejects.toBe(reason);
  });

  test("keep dates and bytes in metadata, data parts and tool outputs", async () => {
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
  test("replaces a UI message with the same id at its position", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    await chats.appendTrusted("a", [
      textMessage("1", "Hello"),
      textMessage("2", "Hi", "assistant"),
      textMessage("3", "Bye"),
    ]);
    const after = await chats.appendTrusted("a", [
      textMessage("2", "Hi!", "assistant"),
      textMessage("4", "Bye", "assistant"),
    ]);
    expect(texts(after)).toEqual(["1 Hello", "2 Hi!", "3 Bye", "4 Bye"]);
    expect(await chats.load("a")).toEqual(after);
  });

  test("of the same message is idempotent", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    await chats.append("a", [textMessage("1", "Hello")]);
    expect(texts(await chats.append("a", [textMessage("1", "Hello")]))).toEqual(["1 Hello"]);
  });

  test("called concurrently loses no messages", async () => {
    const store = memoryStore();
    const ids = Array.from({ length: 40 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => uiMessageStore({ store }).append("a", [textMessage(id, "Hello")])));
    const loaded = await uiMessageStore({ store }).load("a");
    expect(new Set(loaded?.messages.map(({ id }) => id))).toEqual(new Set(ids));
  });

  test("that fails maxAttempts times rejects with CONFLICT and the unsaved messages", async () => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    await chats.append("a", [textMessage("1", "Hello")]);
    const contended = uiMessageStore({
      store: {
        append: () => Promise.reject(new Error("Unused.")),
        update: (_id: string) => Promise.reject(new ThreadStoreError("CONFLICT", "Too many conflicts.")),
      } as never,
    });
    const appending = contended.append("a", [textMessage("2", "Hi")], { maxAttempts: 1 });
    await expect(appending).rejects.toMatchObject({ code: "CONFLICT", unsaved: [textMessage("2", "Hi")] });
  });
});

describe("concurrent saves", () => {
  async function startConversation(): Promise<{
    chats: ReturnType<typeof uiMessageStore>;
    start: Conversation<UIMessage>;
  }> {
    const chats = uiMessageStore({ store: memoryStore() });
    const messages = [textMessage("1", "Hello"), textMessage("2", "Hi", "assistant")];
    const start = await chats.appendTrusted("a", messages);
    return { chats, start };
  }

  test("reject the second with its unsaved messages, and write nothing", async () => {
    const { chats, start } = await startConversation();
    const first = await chats.append("a", [textMessage("3", "first")]);
    const mine = [...start.messages, textMessage("4", "second")];
    const error = await chats.save("a", mine, { previous: start }).catch((reason: unknown) => reason);
    expect(ConversationError.is(error, "CONFLICT")).toBe(true);
    expect(error).toMatchObject({ unsaved: mine, currentVersion: first.version });
    expect((error as ConversationError).cause).toSatisfy((cause) => ThreadStoreError.is(cause, "CONFLICT"));
    expect(texts(await chats.load("a"))).toEqual(["1 Hello", "2 Hi", "3 first"]);
    // Logs do not show messages.
    expect(inspect(error)).not.toContain("second");
    expect(JSON.stringify(error)).not.toContain("second");
  });

  test("merge the second with the first if asked, and return both", async () => {
    const { chats, start } = await startConversation();
    await chats.append("a", [textMessage("3", "first")]);
    const mine = [...start.messages, textMessage("4", "second")];
    const merged = await chats.save("a", mine, { previous: start, onConflict: "merge" });
    expect(texts(merged)).toEqual(["1 Hello", "2 Hi", "3 first", "4 second"]);
    expect(await chats.load("a")).toEqual(merged);
  });

  test("merge messages that each request changed, added and removed", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const ids = ["same", "theirs", "mine", "removed by them", "removed by me", "removed by both"];
    const start = await chats.append(
      "a",
      ids.map((id) => textMessage(id, "old")),
    );
    const change = (by: "me" | "them"): UIMessage[] => [
      textMessage("same", "old"),
      textMessage("theirs", by === "them" ? "new" : "old"),
      textMessage("mine", by === "me" ? "new" : "old"),
      by === "them" ? textMessage("removed by me", "old") : textMessage("removed by them", "old"),
      textMessage("added by both", "new"),
      textMessage(`added by ${by}`, "new"),
    ];
    await chats.save("a", change("them"), { previous: start });
    const merged = await chats.save("a", change("me"), { previous: start, onConflict: "merge" });
    expect(texts(merged)).toEqual([
      "same old",
      "theirs new",
      "mine new",
      "added by both new",
      "added by them new",
      "added by me new",
    ]);
  });

  test.each<[string, UIMessage[], UIMessage[]]>([
    ["both changed a message", [textMessage("1", "first")], [textMessage("1", "second")]],
    [
      "both added a message with the same id",
      [textMessage("1", "Hello"), textMessage("9", "first")],
      [textMessage("1", "Hello"), textMessage("9", "second")],
    ],
    ["changed a message that the other removed", [], [textMessage("1", "second")]],
    ["removed a message that the other changed", [textMessage("1", "first")], []],
  ])("reject the second even with merge if they conflict: %s", async (_name, theirs, mine) => {
    const chats = uiMessageStore({ store: memoryStore() });
    const start = await chats.append("a", [textMessage("1", "Hello")]);
    const first = await chats.save("a", theirs, { previous: start });
    const saving = chats.save("a", mine, { previous: start, onConflict: "merge" });
    const version = first.version;
    await expect(saving).rejects.toMatchObject({
      code: "CONFLICT",
      unsaved: mine,
      currentVersion: version,
    });
    expect(await chats.load("a")).toEqual(first);
  });

  test("do not recreate a deleted conversation, but append does", async () => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const start = await chats.append("a", [textMessage("1", "Hello")]);
    await store.delete("a");
    for (const onConflict of ["merge", "reject"] as const) {
      const saving = chats.save("a", [...start.messages, textMessage("2", "Hi")], {
        previous: start,
        onConflict,
      });
      await expect(saving).rejects.toMatchObject({ code: "CONFLICT" });
    }
    expect(texts(await chats.append("a", [textMessage("2", "Hi")]))).toEqual(["2 Hi"]);
  });

  test("without previous conflict with an existing conversation, and can merge with it", async () => {
    const { chats } = await startConversation();
    await expect(chats.save("a", [textMessage("3", "new")])).rejects.toMatchObject({ code: "CONFLICT" });
    const merged = await chats.save("a", [textMessage("3", "new")], { onConflict: "merge" });
    expect(texts(merged)).toEqual(["1 Hello", "2 Hi", "3 new"]);
  });

  test("accept a version as previous, such as one sent by a page", async () => {
    const { chats, start } = await startConversation();
    const saved = await chats.save("a", [...start.messages, textMessage("3", "new")], {
      previous: start.version,
    });
    expect(texts(saved)).toEqual(["1 Hello", "2 Hi", "3 new"]);
    const stale = { previous: start.version };
    await expect(chats.save("a", [], stale)).rejects.toMatchObject({ code: "CONFLICT", unsaved: [] });
    // The base is unknown, so nothing is removed, and equal messages are unchanged.
    const mine = [...start.messages, textMessage("4", "newer")];
    const merged = await chats.save("a", mine, { ...stale, onConflict: "merge" });
    expect(texts(merged)).toEqual(["1 Hello", "2 Hi", "3 new", "4 newer"]);
    const changed = chats.save("a", [textMessage("1", "changed")], { ...stale, onConflict: "merge" });
    await expect(changed).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("lose no messages if many of them merge", async () => {
    const { chats, start } = await startConversation();
    const ids = Array.from({ length: 30 }, (_, index) => `n${index}`);
    const saves = ids.map((id) => {
      return chats.save("a", [...start.messages, textMessage(id, "x")], {
        previous: start,
        onConflict: "merge",
      });
    });
    await Promise.all(saves);
    const storedIds = (await chats.load("a"))?.messages.map(({ id }) => id);
    expect(new Set(storedIds)).toEqual(new Set(["1", "2", ...ids]));
  });
});

describe("a stored conversation", () => {
  test("preserves unknown members, in messages that the caller did not change", async () => {
    const store = memoryStore();
    const storedMessage = {
      id: "1",
      role: "user",
      parts: [{ type: "text", text: "Hello", later: 1 }],
      later: 2,
    };
    const thread = { ...header, kind: "ai-sdk-ui-messages", later: { a: 3 }, messages: [storedMessage] };
    await store.save("a", thread);
    for (const schemas of [{}, { metadataSchema: z.object({}).optional() }]) {
      const chats = uiMessageStore({ store, ...schemas });
      const loaded = await chats.load("a");
      const messages = [...(loaded?.messages ?? []), textMessage(String(Math.random()), "more")];
      await chats.save("a", messages, { previous: loaded });
      await chats.append("a", [textMessage(String(Math.random()), "more")]);
      await chats.save("a", (await chats.load("a"))?.messages ?? [], {
        previous: (await chats.load("a"))?.version,
      });
    }
    const after = (await store.load("a"))?.thread;
    expect(Object.keys(after ?? {})).toEqual(["format", "version", "kind", "later", "messages"]);
    expect(after).toMatchObject({ later: { a: 3 } });
    expect(after?.["messages"]).toHaveProperty("[0]", storedMessage);
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
        messages: [textMessage("1", "a"), { id: "2", role: "tool", parts: [] }],
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
  ])("is left unchanged if it is invalid and invalid ones are rejected: %j", async (thread, code, path) => {
    const store = memoryStore();
    await store.save("a", thread);
    const chats = uiMessageStore({ store, onInvalid: "reject" });
    await expect(chats.load("a")).rejects.toMatchObject({ code, path });
    await expect(chats.append("a", [textMessage("9", "x")])).rejects.toMatchObject({ code, path });
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
      onInvalid: "reject",
      metadataSchema: z.object({ at: z.number() }),
      dataSchemas: { chart: z.array(z.number()) },
      tools: { weather: { inputSchema: z.object({ city: z.string() }) } },
    });
    const valid: Message = {
      id: "1",
      role: "assistant",
      metadata: { at: 1 },
      parts: [
        { type: "data-chart", data: [1] },
        { type: "tool-weather", toolCallId: "c", state: "input-available", input: { city: "Rome" } },
      ],
    };
    expect((await chats.save("a", [valid])).messages).toEqual([valid]);
    for (const [index, [invalid, path]] of [
      [{ ...valid, metadata: { at: "x" } }, "[0].metadata.at"],
      [{ ...valid, parts: [{ type: "data-chart", data: ["x"] }] }, "[0].parts[0].data[0]"],
      [{ ...valid, parts: [{ ...valid.parts[1], input: { city: 1 } }] }, "[0].parts[0].input.city"],
    ].entries() as ArrayIterator<[number, [Message, string]]>) {
      const saving = chats.save(`b${index}`, [invalid]);
      const details = { code: "INVALID_ARGUMENT", path: `$${path}`, unsaved: [invalid] };
      await expect(saving).rejects.toMatchObject(details);
      expect(await store.load(`b${index}`)).toBeUndefined();
      await store.save(`c${index}`, { ...header, kind: "ai-sdk-ui-messages", messages: [invalid] });
      const loading = chats.load(`c${index}`);
      await expect(loading).rejects.toMatchObject({ code: "THREAD_INVALID", path: `$.messages${path}` });
    }
  });
});

describe("arguments are checked before anything is written", () => {
  test.each<[unknown, string, RegExp]>([
    ["text", "$", /an array of messages/u],
    [[null], "$[0]", /a message/u],
    [[{ role: "user", parts: [] }], "$[0].id", /generateMessageId/u],
    [[{ ...textMessage("", "x") }], "$[0].id", /generateMessageId/u],
    [[textMessage("1", "a"), textMessage("1", "b")], "$[1].id", /same id/u],
    [[{ id: "1", role: "user", parts: [] }], "$[0].parts", /See the cause/u],
    [[{ id: "1", role: "user", parts: [{ type: "nonsense" }] }], "$[0].parts[0].type", /See the cause/u],
  ])("%j", async (messages, path, message) => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const invalid = { code: "INVALID_ARGUMENT", path, message: expect.stringMatching(message) };
    await expect(chats.save("a", messages as UIMessage[])).rejects.toMatchObject(invalid);
    await expect(chats.append("a", messages as UIMessage[])).rejects.toMatchObject(invalid);
    expect(await store.load("a")).toBeUndefined();
  });

  test("onConflict and store", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const saving = chats.save("a", [], { onConflict: "retry" as never });
    await expect(saving).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path: "onConflict" });
    for (const make of [uiMessageStore, modelMessageStore]) {
      expect(() => make({} as never)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", path: "store" }),
      );
    }
  });

  test("a store's errors are passed on unchanged", async () => {
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

  test("are loaded as they were saved, including bytes and URLs", async () => {
    const agents = modelMessageStore({ store: memoryStore() });
    const saved = await agents.save("a", [image, hi]);
    expect(saved.messages).toStrictEqual([image, hi]);
    expect((await agents.load("a"))?.messages).toStrictEqual([image, hi]);
  });

  test("of concurrent appends are all stored, each call's together", async () => {
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

  test("are merged if both requests appended", async () => {
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

  test("are checked on save and load", async () => {
    const store = memoryStore();
    const agents = modelMessageStore({ store });
    const invalid = { role: "assistant", content: [{ type: "text" }] } as unknown as ModelMessage;
    const saving = agents.save("a", [hello, invalid]);
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
