import { describe, expect, it } from "vitest";
import { drivenStore } from "./driver.test-helper.ts";
import { MastraMemoryError, ThreadStoreMemory } from "./index.ts";
import { idsOf, newMessage, newThread } from "./kit/check.test-helper.ts";

const THREAD = newThread({ id: "talk", resourceId: "ann" });
/** Listings sort by the time of the creation, so the time of each thread must differ. */
const LATER = new Date(THREAD.createdAt.getTime() + 1000);

it("the cost of a save does not depend on the length of the thread", async () => {
  const { store, calls } = drivenStore();
  const memory = new ThreadStoreMemory({ store });
  await memory.saveThread({ thread: THREAD });
  const costs: (readonly [number, number])[] = [];
  for (let second = 0; second < 300; second += 1) {
    Object.assign(calls, { count: 0, bytes: 0 });
    await memory.saveMessages({ messages: [newMessage(THREAD, second)] });
    costs.push([calls.count, calls.bytes]);
  }
  const [[requests, bytes] = [0, 0], [laterRequests, laterBytes] = [0, 0]] = [costs[10], costs[299]];
  // One for the message's place, and two for the append.
  expect([requests, laterRequests]).toEqual([3, 3]);
  expect(laterBytes).toBeLessThan(bytes + 200);
});

it("a listing does not read messages", async () => {
  const { store, calls } = drivenStore();
  const memory = new ThreadStoreMemory({ store });
  for (const id of ["a", "b", "c"]) {
    const thread = { ...THREAD, id };
    await memory.saveThread({ thread });
    await memory.saveMessages({
      messages: Array.from({ length: 50 }, (_, second) => newMessage(thread, second)),
    });
  }
  Object.assign(calls, { count: 0, bytes: 0 });
  expect((await memory.listThreads({ filter: { resourceId: "ann" } })).total).toBe(3);
  expect((await new ThreadStoreMemory({ store }).getThreadById({ threadId: "a" }))?.id).toBe("a");
  expect(calls.bytes).toBeLessThan(3000);
});

describe("after a failure at any point", () => {
  const changes: Readonly<Record<string, (memory: ThreadStoreMemory) => Promise<unknown>>> = {
    "a save of messages": async (memory) =>
      memory.saveMessages({ messages: [newMessage(THREAD, 8, { id: "new" })] }),
    "a move": async (memory) => memory.updateThreadResourceId({ threadId: "talk", resourceId: "bob" }),
    "a message that moves": async (memory) =>
      memory.updateMessages({ messages: [{ id: "first", threadId: "other" }] }),
    "a copy": async (memory) => memory.copyThread({ sourceThreadId: "talk", newThreadId: "copy" }),
    "a deletion of messages": async (memory) => memory.deleteMessages(["first"]),
    "a deletion": async (memory) => memory.deleteThread({ threadId: "talk" }),
  };

  async function contents(memory: ThreadStoreMemory): Promise<unknown> {
    const { threads } = await memory.listThreads({ orderBy: { direction: "ASC" } });
    return Promise.all(
      threads.map(async ({ id, resourceId }) => {
        const { messages } = await memory.listMessages({ threadId: id });
        const found = await memory.listMessagesById({ messageIds: idsOf(messages) });
        return [
          id === "talk" || id === "other" ? id : "copy",
          resourceId,
          messages.length,
          found.messages.length,
        ];
      }),
    );
  }

  async function prepared(): Promise<ReturnType<typeof drivenStore>> {
    const driven = drivenStore();
    const memory = new ThreadStoreMemory({ store: driven.store });
    await memory.saveThread({ thread: THREAD });
    await memory.saveThread({ thread: { ...THREAD, id: "other", createdAt: LATER } });
    await memory.saveMessages({
      messages: ["first", "second"].map((id, index) => newMessage(THREAD, index, { id })),
    });
    return driven;
  }

  it.each(Object.entries(changes))("%s can be repeated", async (_name, change) => {
    const complete = await prepared();
    complete.calls.count = 0;
    await change(new ThreadStoreMemory({ store: complete.store }));
    const calls = complete.calls.count;
    const expected = await contents(new ThreadStoreMemory({ store: complete.store }));
    expect(calls).toBeGreaterThan(1);
    for (let failAt = 0; failAt < calls; failAt += 1) {
      const { store, calls: counted } = await prepared();
      Object.assign(counted, { count: 0, failAt });
      await expect(change(new ThreadStoreMemory({ store }))).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:BACKEND_ERROR|OUTCOME_UNKNOWN)$/u),
      });
      counted.failAt = Number.POSITIVE_INFINITY;
      const memory = new ThreadStoreMemory({ store });
      // Every thread that is listed can be read.
      await contents(memory);
      // It may have been applied although it failed.
      await change(memory).catch((error: unknown) => {
        if (!MastraMemoryError.is(error, "THREAD_EXISTS")) throw error;
      });
      expect(await contents(memory)).toEqual(expected);
    }
  });
});

describe("a move whose process is killed after any of its writes", () => {
  interface Move {
    readonly change: (memory: ThreadStoreMemory) => Promise<unknown>;
    /** The threads and their messages after the move, with what another process has saved meanwhile. */
    readonly expected: Readonly<Record<string, readonly string[]>>;
  }

  const moves: Readonly<Record<string, Move>> = {
    "of a thread by its resource": {
      change: async (memory) => memory.updateThreadResourceId({ threadId: "talk", resourceId: "bob" }),
      expected: { "bob talk": ["first", "second", "meanwhile"], "ann other": ["third"] },
    },
    "of a thread by a save": {
      change: async (memory) => memory.saveThread({ thread: { ...THREAD, resourceId: "bob" } }),
      expected: { "bob talk": ["first", "second", "meanwhile"], "ann other": ["third"] },
    },
    "of a message by an update": {
      change: async (memory) => memory.updateMessages({ messages: [{ id: "first", threadId: "other" }] }),
      expected: { "ann talk": ["second", "meanwhile"], "ann other": ["first", "third"] },
    },
    "of messages by a save": {
      change: async (memory) =>
        memory.saveMessages({
          messages: ["first", "second"].map((id, index) =>
            newMessage({ ...THREAD, id: "other" }, 20 + index, { id }),
          ),
        }),
      expected: { "ann talk": ["meanwhile"], "ann other": ["third", "first", "second"] },
    },
  };

  /** A store with two threads, whose driver fails from a certain write on: before the write, or after it. */
  async function prepared(): Promise<ReturnType<typeof drivenStore>> {
    const driven = drivenStore();
    const memory = new ThreadStoreMemory({ store: driven.store });
    const other = { ...THREAD, id: "other" };
    for (const thread of [THREAD, other]) await memory.saveThread({ thread });
    await memory.saveMessages({
      messages: [
        newMessage(THREAD, 1, { id: "first" }),
        newMessage(THREAD, 2, { id: "second" }),
        newMessage(other, 3, { id: "third" }),
      ],
    });
    return driven;
  }

  /** Returns the threads in the listings of all resources, and the ids of their messages. */
  async function contents(memory: ThreadStoreMemory): Promise<[thread: string, ids: string[]][]> {
    const { threads } = await memory.listThreads({});
    return Promise.all(
      threads.map(async ({ id, resourceId }) => {
        const { messages } = await memory.listMessages({ threadId: id });
        return [`${resourceId} ${id}`, idsOf(messages)];
      }),
    );
  }

  describe.each(Object.entries(moves))("%s", (_name, { change, expected }) => {
    it.each(["before", "after"] as const)(
      "loses nothing, and is completed (killed %s the write)",
      async (when) => {
        let kills = 0;
        for (let write = 1; ; write += 1) {
          const { store, calls } = await prepared();
          Object.assign(calls, { writes: 0, failAtWrite: write, when });
          const isKilled = await change(new ThreadStoreMemory({ store })).then(
            () => false,
            () => true,
          );
          calls.failAtWrite = Number.POSITIVE_INFINITY;
          if (!isKilled) break;
          kills += 1;
          const ids = ["first", "second", "third"];
          // Another process uses the threads before the move is completed.
          const survivor = new ThreadStoreMemory({ store });
          const { messages: found } = await survivor.listMessagesById({ messageIds: ids });
          expect(new Set(idsOf(found)), `write ${write}`).toEqual(new Set(ids));
          const inThreads = (await contents(survivor)).flatMap(([, each]) => each);
          expect(new Set(inThreads)).toEqual(new Set(ids));
          expect((await survivor.getThreadById({ threadId: "talk" }))?.id).toBe("talk");
          await survivor.saveMessages({ messages: [newMessage(THREAD, 9, { id: "meanwhile" })] });
          for (const attempt of ["first", "repeated"]) {
            await change(new ThreadStoreMemory({ store }));
            const after = Object.fromEntries(await contents(new ThreadStoreMemory({ store })));
            expect(after, `write ${write}, ${attempt}`).toEqual(expected);
            expect(await contents(new ThreadStoreMemory({ store }))).toHaveLength(2);
          }
          const { messages } = await new ThreadStoreMemory({ store }).listMessagesById({
            messageIds: [...ids, "meanwhile"],
          });
          expect(idsOf(messages)).toHaveLength(4);
        }
        expect(kills).toBeGreaterThan(2);
      },
    );
  });
});

it("the place of a thread outlives the thread, and is renewed seldom", async () => {
  const ttlMs = 60_000;
  const { store } = drivenStore(ttlMs);
  const memory = new ThreadStoreMemory({ store });
  await memory.saveThread({ thread: THREAD });
  const versions: unknown[] = [];
  for (let second = 0; second < 4; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await memory.saveMessages({ messages: [newMessage(THREAD, second)] });
    const place = await store.namespace("threads").load("talk");
    expect(place?.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 1.5 * ttlMs);
    versions.push(place?.version);
  }
  expect(new Set(versions).size).toBe(1);
});
