import type { MastraDBMessage, StorageThreadType } from "@mastra/core/memory";
import { InMemoryStore, type MemoryStorage } from "@mastra/core/storage";
import { memoryStore } from "@threadstore/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ThreadStoreMemory } from "./index.ts";
import { at, changedContent, idsOf, newMessage, newThread } from "./kit/check.test-helper.ts";

// Whatever clients save, change, move, copy and delete, in whatever order, they see what Mastra's store in memory shows.
// Left out is what that store does differently: messages of missing threads, and messages of the same millisecond.

const RUNS = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 50 : 1000;
const THREADS = ["a", "b", "c"] as const;
const MESSAGES = ["m0", "m1", "m2", "m3"] as const;
const RESOURCES = ["ann", "bob"] as const;

/** A step of one of several clients. Each is applied to both stores. */
type Step = (memory: MemoryStorage, copyId: string) => Promise<unknown>;

const thread = fc.constantFrom(...THREADS);
const resource = fc.constantFrom(...RESOURCES);
const message = fc.constantFrom(...MESSAGES);
const messages = fc.uniqueArray(message, { minLength: 1, maxLength: 3 });
const metadata = fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom(1, "1", null), { maxKeys: 2 });

function timeOf(id: string): Date {
  return at(MESSAGES.findIndex((each) => each === id) * 10);
}

function messageOf(id: string, threadId: string, resourceId: string, text: string): MastraDBMessage {
  const content = { format: 2 as const, parts: [{ type: "text" as const, text }], content: text };
  return newMessage({ id: threadId, resourceId }, 0, { id, createdAt: timeOf(id), content });
}

function threadWith(id: string, members: Partial<StorageThreadType>): StorageThreadType {
  return newThread({ id, createdAt: at(THREADS.findIndex((each) => each === id)), ...members });
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(thread, resource, metadata).map(([id, resourceId, added]): Step => {
    return async (memory) =>
      memory.saveThread({ thread: threadWith(id, { resourceId, metadata: { ...added } }) });
  }),
  fc.tuple(thread, metadata, fc.string()).map(([id, added, title]): Step => {
    return async (memory) => memory.updateThread({ id, title, metadata: added });
  }),
  {
    weight: 4,
    arbitrary: fc
      .tuple(thread, resource, messages, fc.string())
      .map(([threadId, resourceId, ids, text]): Step => {
        const saved = ids.map((id) => messageOf(id, threadId, resourceId, text));
        return async (memory) => memory.saveMessages({ messages: saved });
      }),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(messages, metadata).map(([ids, added]): Step => {
      const updates = ids.map((id) => ({ id, content: changedContent({ metadata: added }) }));
      return async (memory) => memory.updateMessages({ messages: updates });
    }),
  },
  fc.tuple(message, thread).map(([id, threadId]): Step => {
    return async (memory) => {
      await memory.updateMessages({ messages: [{ id, threadId, role: "assistant" }] });
    };
  }),
  messages.map(
    (ids): Step =>
      async (memory) =>
        memory.deleteMessages(ids),
  ),
  thread.map(
    (threadId): Step =>
      async (memory) =>
        memory.deleteThread({ threadId }),
  ),
  fc.tuple(thread, resource).map(([threadId, resourceId]): Step => {
    return async (memory) => memory.updateThreadResourceId({ threadId, resourceId });
  }),
  fc.tuple(thread, fc.nat({ max: 4 })).map(([sourceThreadId, messageLimit]): Step => {
    return async (memory, newThreadId) =>
      memory.copyThread({ sourceThreadId, newThreadId, options: { messageLimit } });
  }),
);

interface Query {
  readonly threadId: string | string[];
  readonly resourceId?: string;
  readonly perPage: number | false;
  readonly page: number;
  readonly direction: "ASC" | "DESC";
  readonly included: readonly string[];
}

const query: fc.Arbitrary<Query> = fc
  .record({
    threadId: fc.oneof(thread, fc.uniqueArray(thread, { minLength: 1 })),
    resourceId: fc.option(resource, { nil: undefined }),
    perPage: fc.constantFrom<number | false>(false, 0, 1, 2, 40),
    page: fc.nat({ max: 2 }),
    direction: fc.constantFrom("ASC" as const, "DESC" as const),
    included: fc.oneof(fc.constant([]), messages),
  })
  .map(({ resourceId, page, perPage, ...members }) => {
    return { ...members, perPage, page: perPage === false ? 0 : page, ...(resourceId && { resourceId }) };
  });

function shown({ id, threadId, role, createdAt, resourceId, content }: MastraDBMessage): unknown {
  // The ids of copies are random.
  const name = MESSAGES.some((each) => each === id) ? id : "copied";
  return JSON.parse(JSON.stringify({ id: name, threadId, role, createdAt, resourceId, content }));
}

/** Returns what a query, a listing and a search by ids show, except for times of changes. */
async function view(memory: MemoryStorage, { direction, included, ...args }: Query): Promise<unknown> {
  const include = included.map((id) => ({ id, withPreviousMessages: 1, withNextMessages: 1 }));
  const {
    messages: page,
    total,
    hasMore,
  } = await memory.listMessages({
    ...args,
    orderBy: { field: "createdAt", direction },
    ...(include.length === 0 ? {} : { include }),
  });
  const { threads } = await memory.listThreads({ filter: { resourceId: "ann" }, perPage: false });
  const found = await memory.listMessagesById({ messageIds: [...MESSAGES] });
  return {
    page: page.map(shown),
    total,
    hasMore: include.length === 0 && hasMore,
    found: idsOf(found.messages),
    threads: threads
      .map(({ id, title, resourceId, metadata: own }) => ({ id, title, resourceId, own: keysOf(own) }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** Returns metadata without the time and the random ids of a copy. */
function keysOf({ clone, ...own }: Record<string, unknown> = {}): unknown {
  return { ...own, isClone: clone !== undefined };
}

async function outcomeOf(call: Promise<unknown>): Promise<"done" | "rejected"> {
  return call.then(
    () => "done",
    () => "rejected",
  );
}

it("clients see what Mastra's store in memory shows", async () => {
  const run = fc.tuple(fc.nat({ max: 2 }), step, query);
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 25 }), async (steps) => {
      const theirs = await new InMemoryStore().getStore("memory");
      if (theirs === undefined) throw new Error("The store has no memory.");
      const store = memoryStore();
      const clients = [0, 1, 2].map(() => new ThreadStoreMemory({ store }));
      for (const memory of [theirs, ...clients.slice(0, 1)]) {
        for (const id of THREADS) await memory.saveThread({ thread: threadWith(id, { resourceId: "ann" }) });
      }
      for (const [index, [client, apply, args]] of steps.entries()) {
        const ours = clients[client] ?? new ThreadStoreMemory({ store });
        const outcome = await outcomeOf(apply(ours, `copy ${index}`));
        // A rejected step, such as an update of a missing thread, changes nothing. Their store does not reject all.
        if (outcome === "done") await outcomeOf(apply(theirs, `copy ${index}`));
        const expected = await view(theirs, args);
        const other = clients[(client + 1) % clients.length] ?? ours;
        for (const each of [ours, other]) expect(await view(each, args)).toEqual(expected);
      }
    }),
    { numRuns: RUNS },
  );
});
