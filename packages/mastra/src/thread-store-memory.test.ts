import { memoryStore } from "@threadstore/core";
import { describe, expect, it } from "vitest";
import { MastraMemoryError, ThreadStoreMemory } from "./index.ts";
import { idsOf, newMessage, newThread, savedMessages, savedThread } from "./kit/check.test-helper.ts";

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("The call did not fail.");
}

const THREAD = newThread({ id: "talk", resourceId: "ann" });

describe("invalid arguments are rejected with their path, before anything is written", () => {
  const store = memoryStore();
  const memory = new ThreadStoreMemory({ store });
  // What JavaScript callers pass.
  const anything = (value: unknown): never => value as never;
  const save = async (members: object) =>
    memory.saveMessages(anything({ messages: [{ ...newMessage(THREAD, 1), ...members }] }));
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;

  it.each<readonly [path: string, call: () => unknown]>([
    ["store", () => new ThreadStoreMemory(anything(undefined))],
    ["store", () => new ThreadStoreMemory({ store: anything("threads.db") })],
    ["ttlMs", () => new ThreadStoreMemory(anything({ store: memoryStore(), ttlMs: 1 }))],
    ["thread.id", async () => memory.saveThread({ thread: { ...THREAD, id: "" } })],
    ["thread.id", async () => memory.saveThread({ thread: { ...THREAD, id: "\ud800" } })],
    [
      "thread.resourceId",
      async () => memory.saveThread({ thread: { ...THREAD, resourceId: anything(undefined) } }),
    ],
    [
      "thread.createdAt",
      async () => memory.saveThread({ thread: { ...THREAD, createdAt: anything("soon") } }),
    ],
    [
      "thread.updatedAt",
      async () => memory.saveThread({ thread: { ...THREAD, updatedAt: new Date(Number.NaN) } }),
    ],
    ["title", async () => memory.saveThread({ thread: { ...THREAD, title: anything(1) } })],
    ["metadata", async () => memory.saveThread({ thread: { ...THREAD, metadata: anything([]) } })],
    ["metadata", async () => memory.saveThread({ thread: { ...THREAD, metadata: cyclic } })],
    ["threadId", async () => memory.getThreadById({ threadId: "" })],
    ["id", async () => memory.updateThread({ id: anything(1) })],
    ["threadId", async () => memory.deleteThread({ threadId: anything(null) })],
    ["resourceId", async () => memory.updateThreadResourceId({ threadId: "talk", resourceId: "" })],
    ["messages", async () => memory.saveMessages({ messages: anything("x") })],
    ["messages[0]", async () => memory.saveMessages({ messages: anything([null]) })],
    ["messages[0].id", async () => save({ id: "" })],
    ["messages[0].threadId", async () => save({ threadId: undefined })],
    ["messages[0].resourceId", async () => save({ resourceId: 7 })],
    ["messages[0].createdAt", async () => save({ createdAt: "yesterday" })],
    ["messages[0]", async () => save({ content: cyclic })],
    ["messages[0]", async () => save({ content: { count: 1n } })],
    ["messages[0].id", async () => memory.updateMessages({ messages: anything([{}]) })],
    ["messageIds[1]", async () => memory.deleteMessages(["a", anything(1)])],
    ["messageIds", async () => memory.deleteMessages(anything("a"))],
    ["threadId", async () => memory.listMessages({ threadId: [] })],
    ["page", async () => memory.listMessages({ threadId: "talk", page: 0.5 })],
    ["perPage", async () => memory.listMessages({ threadId: "talk", perPage: -1 })],
    [
      "filter.metadata",
      async () => memory.listMessages({ threadId: "talk", filter: { metadata: anything({ a: {} }) } }),
    ],
    ["resourceId", async () => memory.listMessagesByResourceId({ resourceId: "" })],
    ["perPage", async () => memory.listThreads({ perPage: -1 })],
    ["perPage", async () => memory.listThreads({ page: 1, perPage: false })],
    ["filter.metadata", async () => memory.listThreads({ filter: { metadata: { "a b": 1 } } })],
    ["sourceThreadId", async () => memory.copyThread({ sourceThreadId: "" })],
    ["resourceId", async () => memory.getResourceById({ resourceId: "" })],
    ["workingMemory", async () => memory.updateResource({ resourceId: "ann", workingMemory: anything(1) })],
    ["metadata", async () => memory.updateResource({ resourceId: "ann", metadata: anything("x") })],
  ])("%s, %s", async (path, call) => {
    const error = await failureOf(call);
    expect(MastraMemoryError.is(error, "INVALID_ARGUMENT") && error.path).toBe(path);
    expect((await store.namespaces()).namespaces).toEqual([]);
  });
});

it.each<readonly [code: string, path: string, call: (memory: ThreadStoreMemory) => unknown]>([
  ["THREAD_NOT_FOUND", "id", async (memory) => memory.updateThread({ id: "missing" })],
  [
    "THREAD_NOT_FOUND",
    "threadId",
    async (memory) => memory.saveMessages({ messages: [newMessage(THREAD, 1)] }),
  ],
  [
    "THREAD_NOT_FOUND",
    "threadId",
    async (memory) => memory.updateThreadResourceId({ threadId: "missing", resourceId: "bob" }),
  ],
  ["THREAD_NOT_FOUND", "sourceThreadId", async (memory) => memory.copyThread({ sourceThreadId: "missing" })],
  [
    "THREAD_EXISTS",
    "newThreadId",
    async (memory) => {
      await memory.saveThread({ thread: THREAD });
      return memory.copyThread({ sourceThreadId: "talk", newThreadId: "talk" });
    },
  ],
])("%s at %s", async (code, path, call) => {
  const memory = new ThreadStoreMemory({ store: memoryStore() });
  expect(await failureOf(async () => call(memory))).toMatchObject({ code, path });
});

describe("stored threads are untrusted", () => {
  const HEADER = { format: "threadstore.thread", version: 1, kind: "mastra-thread" };
  const MESSAGE = { id: "m", createdAt: "2026-01-01T00:00:00.000Z" };

  it.each<readonly [code: string, path: string, thread: object]>([
    ["THREAD_MISMATCH", "$.format", { messages: [] }],
    ["THREAD_MISMATCH", "$.kind", { ...HEADER, kind: "mastra-resource" }],
    ["THREAD_TOO_NEW", "$.version", { ...HEADER, version: 2 }],
    ["THREAD_INVALID", "$.messages", HEADER],
    ["THREAD_INVALID", "$.messages[1]", { ...HEADER, messages: [MESSAGE, null] }],
    ["THREAD_INVALID", "$.messages[0].id", { ...HEADER, messages: [{ ...MESSAGE, id: 1 }] }],
    ["THREAD_INVALID", "$.messages[0].createdAt", { ...HEADER, messages: [{ ...MESSAGE, createdAt: "x" }] }],
  ])("%s at %s: %j", async (code, path, thread) => {
    const store = memoryStore();
    const memory = new ThreadStoreMemory({ store });
    await memory.saveThread({ thread: THREAD });
    await store.namespace("resources").namespace("ann").save("talk", thread, { overwrite: true });
    expect(await failureOf(async () => memory.listMessages({ threadId: "talk" }))).toMatchObject({
      code,
      path,
    });
    expect((await memory.listThreads({})).total).toBe(1);
    await memory.deleteThread({ threadId: "talk" });
    expect(await memory.getThreadById({ threadId: "talk" })).toBeNull();
  });

  it.each<readonly [code: string, path: string, metadata: Record<string, string>]>([
    ["THREAD_MISMATCH", "metadata", {}],
    ["THREAD_INVALID", "metadata.createdAt", { thread: "talk", resource: "ann", createdAt: "x" }],
    ["THREAD_INVALID", "metadata.metadata", { thread: "talk", resource: "ann", metadata: "[]" }],
    ["THREAD_INVALID", "metadata.metadata", { thread: "talk", resource: "ann", metadata: "{" }],
  ])("%s at %s: metadata %j", async (code, path, metadata) => {
    const store = memoryStore();
    const memory = new ThreadStoreMemory({ store });
    await memory.saveThread({ thread: THREAD });
    await memory.saveThread({ thread: { ...THREAD, id: "other" } });
    await store.namespace("resources").namespace("ann").touch("talk", { metadata });
    expect(await failureOf(async () => memory.getThreadById({ threadId: "talk" }))).toMatchObject({
      code,
      path,
    });
    expect(idsOf((await memory.listThreads({})).threads)).toEqual(["other"]);
  });
});

it("lone surrogates of a model become U+FFFD", async () => {
  const memory = new ThreadStoreMemory({ store: memoryStore() });
  await memory.saveThread({ thread: { ...THREAD, title: "half \ud83d", metadata: { "a\ud800": "\udc00" } } });
  const content = { format: 2 as const, parts: [], content: "x\ud83d" };
  await memory.saveMessages({ messages: [newMessage(THREAD, 1, { content })] });
  const thread = await memory.getThreadById({ threadId: "talk" });
  expect([thread?.title, thread?.metadata]).toEqual(["half \ufffd", { "a\ufffd": "\ufffd" }]);
  expect((await memory.listMessages({ threadId: "talk" })).messages[0]?.content.content).toBe("x\ufffd");
});

it("erasing the namespace of a resource deletes its threads and its working memory, and they can be saved again", async () => {
  const store = memoryStore();
  const memory = new ThreadStoreMemory({ store });
  const message = newMessage(THREAD, 1);
  await memory.saveThread({ thread: THREAD });
  await memory.saveMessages({ messages: [message] });
  await memory.updateResource({ resourceId: "ann", workingMemory: "x" });
  const receipt = await store.namespace("resources").namespace("ann").erase();
  expect(receipt.threads).toBe(2);
  expect(await memory.getThreadById({ threadId: "talk" })).toBeNull();
  expect(await memory.getResourceById({ resourceId: "ann" })).toBeNull();
  expect((await memory.listMessagesById({ messageIds: [message.id] })).messages).toEqual([]);
  await memory.saveThread({ thread: { ...THREAD, resourceId: "bob" } });
  await memory.saveMessages({ messages: [message] });
  expect((await memory.listMessagesById({ messageIds: [message.id] })).messages).toHaveLength(1);
});

it("clearing the memory leaves everything else in the store", async () => {
  const store = memoryStore();
  await store.save("own", {});
  const memory = new ThreadStoreMemory({ store });
  await savedMessages(memory, await savedThread(memory), 2);
  await memory.updateResource({ resourceId: "ann", workingMemory: "x" });
  await memory.dangerouslyClearAll();
  expect((await store.namespaces()).namespaces).toEqual([]);
  expect((await store.load("own"))?.json).toBe("{}");
});
