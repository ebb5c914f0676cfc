import { readdirSync, readFileSync } from "node:fs";
import { type AgentInputItem, protocol, user } from "@openai/agents-core";
import { memoryStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { SessionError, threadSession } from "./index.ts";

const folder = new URL("golden/", import.meta.url);
const header = { format: "threadstore.thread", version: 1, kind: "openai-agents-items" };

describe.each(readdirSync(folder).filter((name) => name.includes("-v1")))("golden %s", (name) => {
  const json = readFileSync(new URL(name, folder), "utf8");

  test("is read as items of the SDK's protocol", async () => {
    const store = memoryStore();
    await store.save("talk", json);
    const items = await threadSession({ store, id: "talk" }).getItems();
    expect(items).toEqual((JSON.parse(json) as { items: unknown }).items);
    for (const item of items) expect(protocol.ModelItem.safeParse(item).error).toBeUndefined();
  });

  test("is written back byte for byte", async () => {
    const store = memoryStore();
    await store.save("talk", json);
    const session = threadSession({ store, id: "talk" });
    await session.addItems([user("More")]);
    await session.popItem();
    expect((await store.load("talk"))?.json).toBe(JSON.stringify(JSON.parse(json)));
  });
});

test("a session of a later format version cannot be read, changed or cleared", async () => {
  const json = readFileSync(new URL("items-v2-from-the-future.json", folder), "utf8");
  const store = memoryStore();
  await store.save("talk", json);
  const session = threadSession({ store, id: "talk" });
  const tooNew = { code: "THREAD_TOO_NEW", path: "$.version", message: expect.stringContaining("Update") };
  await expect(session.getItems()).rejects.toMatchObject(tooNew);
  await expect(session.addItems([user("Hello")])).rejects.toMatchObject(tooNew);
  await expect(session.clearSession()).rejects.toMatchObject(tooNew);
  expect((await store.load("talk"))?.json).toBe(json);
});

test.each<[object, string]>([
  [{}, "$.format"],
  [{ format: "other", version: 1 }, "$.format"],
  [{ ...header, kind: "chat", agent: "Assistant", messages: [] }, "$.kind"],
  [{ ...header, kind: 1, items: [] }, "$.kind"],
])("a thread of another kind cannot be read, changed or cleared: %j", async (thread, path) => {
  const store = memoryStore();
  await store.save("talk", thread);
  const session = threadSession({ store, id: "talk" });
  for (const call of [session.getItems(), session.addItems([user("Hello")]), session.clearSession()]) {
    await expect(call).rejects.toMatchObject({ code: "THREAD_MISMATCH", path });
  }
  expect((await store.load("talk"))?.thread).toEqual(thread);
});

test.each<[object, string]>([
  [{ ...header }, "$.items"],
  [{ ...header, items: {} }, "$.items"],
  [{ ...header, items: [null] }, "$.items[0]"],
  [{ ...header, items: ["text"] }, "$.items[0]"],
  [{ ...header, items: [{ role: "user", content: "a" }, { type: "" }] }, "$.items[1].type"],
  [{ ...header, items: [{ role: 1, content: "a" }] }, "$.items[0].role"],
  [{ ...header, items: [{ role: "user", content: [3] }] }, "$.items[0].content[0]"],
  [{ ...header, items: [{ type: "function_call", callId: 1 }] }, "$.items[0].callId"],
  [{ ...header, operations: [], items: [] }, "$.operations"],
  [{ ...header, operations: { a: 1 }, items: [] }, "$.operations.a"],
])(
  "a corrupt thread is reported with the path and left unchanged, until it is cleared: %j",
  async (thread, path) => {
    const store = memoryStore();
    await store.save("talk", thread);
    const session = threadSession({ store, id: "talk" });
    const invalid = { code: "THREAD_INVALID", path };
    await expect(session.getItems()).rejects.toMatchObject(invalid);
    await expect(session.popItem()).rejects.toMatchObject(invalid);
    const error = await session.addItems([user("Hello")]).catch((reason: unknown) => reason);
    expect(error).toMatchObject(invalid);
    expect(SessionError.is(error, "THREAD_INVALID")).toBe(true);
    expect(SessionError.is(error, "INVALID_ARGUMENT")).toBe(false);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ name: "SessionError", ...invalid });
    expect((await store.load("talk"))?.thread).toEqual(thread);

    await session.clearSession();
    expect(await session.getItems()).toEqual([]);
  },
);

test("an invalid version is THREAD_INVALID", async () => {
  for (const version of [0, 1.5, "1", null]) {
    const store = memoryStore();
    await store.save("talk", { ...header, version, items: [] });
    const reading = threadSession({ store, id: "talk" }).getItems();
    await expect(reading).rejects.toMatchObject({ code: "THREAD_INVALID", path: "$.version" });
  }
});

test("a member called __proto__ is data, in the thread and in items", async () => {
  const store = memoryStore();
  const json = `${JSON.stringify(header).slice(0, -1)},"__proto__":{"a":1},"items":[{"type":"x","__proto__":{"b":2}}]}`;
  await store.save("talk", json);
  const session = threadSession({ store, id: "talk" });
  await session.addItems([JSON.parse('{"type":"y","__proto__":{"c":3}}') as AgentInputItem]);
  const after = (await store.load("talk"))?.json;
  expect(after).toBe(`${json.slice(0, -2)},{"type":"y","__proto__":{"c":3}}]}`);
});
