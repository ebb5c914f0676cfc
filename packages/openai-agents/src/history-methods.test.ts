import {
  type AgentInputItem,
  assistant,
  MemorySession,
  type SessionHistoryTransaction,
  user,
} from "@openai/agents-core";
import { memoryStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { threadSession } from "./index.ts";

const append: SessionHistoryTransaction = { type: "append_items", items: [user("Secret?")] };
const replace: SessionHistoryTransaction = {
  type: "replace_suffix",
  expectedSuffix: [user("Secret?")],
  replacement: [user("Secret?"), assistant("No.")],
};

describe("a transaction", () => {
  test.each([append, replace])(
    "is applied once, even if another session object repeats it: $type",
    async (transaction) => {
      const store = memoryStore();
      await threadSession({ store, id: "talk" }).addItems([user("Hello"), user("Secret?")]);
      const memorySession = new MemorySession({ initialItems: [user("Hello"), user("Secret?")] });
      for (let attempt = 0; attempt < 3; attempt++) {
        const session = threadSession({ store, id: "talk" });
        await session.applyHistoryTransaction({ operationId: "run:1", transaction });
        await memorySession.applyHistoryTransaction({ operationId: "run:1", transaction });
        expect(await session.getItems()).toEqual(await memorySession.getItems());
      }
      const [first] = Object.keys((await store.load("talk"))?.thread["operations"] ?? {});
      expect(first).toBe("run:1");
      expect(Object.keys((await store.load("talk"))?.thread ?? {}).at(-1)).toBe("items");
    },
  );

  test("repeated concurrently is applied once", async () => {
    const store = memoryStore();
    const sessions = Array.from({ length: 10 }, () => threadSession({ store, id: "talk" }));
    await Promise.all(
      sessions.map((session) => session.applyHistoryTransaction({ operationId: "1", transaction: append })),
    );
    expect(await threadSession({ store, id: "talk" }).getItems()).toEqual([user("Secret?")]);
  });

  test("compares items regardless of the order of members", async () => {
    const store = memoryStore();
    const session = threadSession({ store, id: "talk" });
    const item = { role: "user", content: "Secret?", type: "message" } as const;
    await session.addItems([item]);
    const expectedSuffix = [{ type: "message", role: "user", content: "Secret?" } as const];
    const transaction = { type: "replace_suffix", expectedSuffix, replacement: [] } as const;
    await session.applyHistoryTransaction({
      operationId: "1",
      transaction: { ...transaction, replacement: [] },
    });
    expect(await session.getItems()).toEqual([]);
  });

  test("with the operation id of another one is rejected, and writes nothing", async () => {
    const store = memoryStore();
    const session = threadSession({ store, id: "talk" });
    await session.applyHistoryTransaction({ operationId: "1", transaction: append });
    const before = (await store.load("talk"))?.version;
    const other = { type: "append_items", items: [user("Other")] } as SessionHistoryTransaction;
    const applying = session.applyHistoryTransaction({ operationId: "1", transaction: other });
    await expect(applying).rejects.toMatchObject({ code: "OPERATION_REUSED" });
    expect((await store.load("talk"))?.version).toBe(before);
  });

  test("is rejected if the history no longer ends with the expected suffix, and writes nothing", async () => {
    const store = memoryStore();
    const session = threadSession({ store, id: "talk" });
    for (const items of [[], [user("Secret?"), assistant("From another run")]]) {
      await session.addItems(items);
      const before = (await store.load("talk"))?.version;
      const applying = session.applyHistoryTransaction({ operationId: "1", transaction: replace });
      await expect(applying).rejects.toMatchObject({ code: "HISTORY_CHANGED" });
      expect((await store.load("talk"))?.version).toBe(before);
    }
  });

  test.each<[unknown, string]>([
    [undefined, "$"],
    [{ transaction: append }, "$.operationId"],
    [{ operationId: " ", transaction: append }, "$.operationId"],
    [{ operationId: "1" }, "$.transaction"],
    [{ operationId: "1", transaction: { type: "clear" } }, "$.transaction.type"],
    [{ operationId: "1", transaction: { type: "append_items", items: [1] } }, "$.transaction.items[0]"],
    [{ operationId: "1", transaction: { type: "replace_suffix" } }, "$.transaction.replacement"],
    [{ operationId: "1", transaction: { ...append, limit: 3 } }, "$.transaction.limit"],
    [{ operationId: "1", transaction: { ...append, expectedSuffix: [] } }, "$.transaction.expectedSuffix"],
    [{ operationId: "1", transaction: { ...replace, items: [] } }, "$.transaction.items"],
    [{ operationId: "1", transaction: { ...replace, "a b": undefined } }, '$.transaction["a b"]'],
    [{ operationId: "1", transaction: { ...append, [Symbol("x")]: 1 } }, "$.transaction"],
    [{ operationId: "1", transaction: Object.assign(new Map(), append) }, "$.transaction"],
    [{ operationId: "1", transaction: { type: "insert_items", items: [] } }, "$.transaction.type"],
  ])("is validated: %j", async (argument, path) => {
    const session = threadSession({ store: memoryStore(), id: "talk" });
    const applying = session.applyHistoryTransaction(
      argument as Parameters<typeof session.applyHistoryTransaction>[0],
    );
    await expect(applying).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path });
  });

  test("can be applied again after the session was cleared", async () => {
    const session = threadSession({ store: memoryStore(), id: "talk" });
    await session.applyHistoryTransaction({ operationId: "1", transaction: append });
    await session.clearSession();
    await session.applyHistoryTransaction({ operationId: "1", transaction: append });
    expect(await session.getItems()).toEqual([user("Secret?")]);
  });
});

test("a mutation rewrites a function call as the SDK's MemorySession does", async () => {
  const item = { type: "function_call", callId: "1", name: "weather", arguments: '{"city":"Rome"}' } as const;
  const initialItems: AgentInputItem[] = [user("Weather?"), item, { ...item }, assistant("Sun")];
  const replacement = { ...item, arguments: '{"city":"Oslo"}' };
  const mutations = [{ type: "replace_function_call" as const, callId: "1", replacement }];
  const session = threadSession({ store: memoryStore(), id: "talk" });
  const memorySession = new MemorySession({ initialItems });
  await session.addItems(initialItems);
  await session.applyHistoryMutations({ mutations });
  await memorySession.applyHistoryMutations({ mutations });
  expect(await session.getItems()).toEqual(await memorySession.getItems());
});

test("a compaction loses no items that another run added since the history was read", async () => {
  const store = memoryStore();
  const session = threadSession({ store, id: "talk" });
  await session.addItems([user("1"), assistant("2")]);
  await threadSession({ store, id: "talk" }).addItems([user("3")]);
  const compaction: AgentInputItem = { type: "compaction", encrypted_content: "abc" };
  await session.replaceHistoryWithCompaction([compaction, assistant("2")]);
  expect(await session.getItems()).toEqual([
    user("1"),
    assistant("2"),
    user("3"),
    compaction,
    assistant("2"),
  ]);
});
