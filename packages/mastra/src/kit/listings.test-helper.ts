import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { StorageThreadType } from "@mastra/core/memory";
import type { MemoryStorage, StorageListThreadsInput } from "@mastra/core/storage";
import {
  at,
  type Check,
  idsOf,
  newMessage,
  newThread,
  savedMessages,
  savedThread,
  START,
} from "./check.test-helper.ts";

/** Returns the indices of the threads that a listing returns. */
async function listedIndices(
  memory: MemoryStorage,
  threads: readonly StorageThreadType[],
  args: StorageListThreadsInput,
): Promise<number[]> {
  const resourceId = threads[0]?.resourceId ?? "";
  const { threads: listed } = await memory.listThreads({ ...args, filter: { resourceId, ...args.filter } });
  return listed.map(({ id }) => threads.findIndex((thread) => thread.id === id));
}

/** Requirements of Mastra for listings. */
export const LISTINGS: readonly Check[] = [
  {
    name: "a listing has the threads of a resource in each order, by page, and by metadata",
    quick: true,
    async run({ memory }) {
      const resourceId = randomUUID();
      const threads: StorageThreadType[] = [];
      for (const [index, updated] of [50, 10, 40, 20, 30].entries()) {
        const metadata = { index, kind: index % 2 === 0 ? "even" : "odd", list: [index > 2], none: null };
        const createdAt = new Date(START + index * 1000);
        const updatedAt = new Date(START + updated * 1000);
        threads.push(await savedThread(memory, { resourceId, metadata, createdAt, updatedAt }));
      }
      await savedThread(memory, { metadata: { kind: "even" } });
      for (const [args, expected] of [
        [{}, [4, 3, 2, 1, 0]],
        [{ orderBy: { direction: "ASC" } }, [0, 1, 2, 3, 4]],
        [{ orderBy: { field: "updatedAt" } }, [0, 2, 4, 3, 1]],
        [{ orderBy: { field: "updatedAt", direction: "ASC" } }, [1, 3, 4, 2, 0]],
        [{ perPage: 2, page: 1 }, [2, 1]],
        [{ perPage: 2, page: 2 }, [0]],
        [{ perPage: 2, page: 3 }, []],
        [{ perPage: false }, [4, 3, 2, 1, 0]],
        [{ filter: { metadata: { kind: "even", none: null } } }, [4, 2, 0]],
        [{ filter: { metadata: { index: "1" } } }, []],
        [{ filter: { metadata: { missing: 1 } } }, []],
      ] as const satisfies readonly (readonly [StorageListThreadsInput, readonly number[]])[]) {
        assert.deepEqual(await listedIndices(memory, threads, args as StorageListThreadsInput), expected);
      }
      const { threads: _page, ...page } = await memory.listThreads({
        filter: { resourceId },
        perPage: 3,
        page: 1,
      });
      assert.deepEqual(page, { total: 5, page: 1, perPage: 3, hasMore: false });
      const all = idsOf((await memory.listThreads({ perPage: false })).threads);
      assert.ok(threads.every(({ id }) => all.includes(id)));
    },
  },
  {
    name: "a listing filters by lists and objects in metadata",
    async run({ memory }) {
      const resourceId = randomUUID();
      const metadata = { list: [1, { a: null }], kind: "odd" };
      const thread = await savedThread(memory, { resourceId, metadata });
      await savedThread(memory, { resourceId, metadata: { ...metadata, list: [1] } });
      const { threads } = await memory.listThreads({ filter: { resourceId, metadata } });
      assert.deepEqual(idsOf(threads), [thread.id]);
    },
  },
  {
    name: "pages of threads of the same time contain each thread once",
    async run({ memory }) {
      const resourceId = randomUUID();
      const threads = await Promise.all(
        Array.from({ length: 7 }, async () => savedThread(memory, { resourceId })),
      );
      const ids: string[] = [];
      for (const page of [0, 1, 2, 3]) {
        ids.push(...idsOf((await memory.listThreads({ filter: { resourceId }, perPage: 2, page })).threads));
      }
      assert.deepEqual(ids.toSorted(), idsOf(threads).toSorted());
    },
  },
  {
    name: "messages are listed by page, time, metadata and resource",
    quick: true,
    async run({ memory }) {
      const thread = await savedThread(memory);
      const messages = Array.from({ length: 5 }, (_, second) =>
        newMessage(thread, second, {
          content: {
            format: 2,
            parts: [],
            content: String(second),
            metadata: { even: second % 2 === 0, none: null },
          },
          ...(second === 4 ? { resourceId: "other" } : {}),
        }),
      );
      await memory.saveMessages({ messages });
      const list = async (args: Omit<Parameters<typeof memory.listMessages>[0], "threadId">) => {
        const {
          messages: page,
          total,
          hasMore,
        } = await memory.listMessages({ threadId: thread.id, ...args });
        return [page.map(({ content }) => content.content).join(""), total, hasMore];
      };
      const DESC = { orderBy: { direction: "DESC" } } as const;
      assert.deepEqual(await list({}), ["01234", 5, false]);
      assert.deepEqual(await list({ perPage: 2 }), ["01", 5, true]);
      assert.deepEqual(await list({ perPage: 2, page: 2 }), ["4", 5, false]);
      assert.deepEqual(await list({ perPage: 2, ...DESC }), ["43", 5, true]);
      assert.deepEqual(await list({ perPage: 0 }), ["", 0, false]);
      assert.deepEqual(await list({ perPage: false, ...DESC }), ["43210", 5, false]);
      assert.deepEqual(await list({ resourceId: thread.resourceId }), ["0123", 4, false]);
      assert.deepEqual(await list({ filter: { metadata: { even: true, none: null } } }), ["024", 3, false]);
      assert.deepEqual(await list({ filter: { metadata: { even: "true" } } }), ["", 0, false]);
      const range = { start: at(1), end: at(3) };
      assert.deepEqual(await list({ filter: { dateRange: range } }), ["123", 3, false]);
      assert.deepEqual(
        await list({ filter: { dateRange: { ...range, startExclusive: true, endExclusive: true } } }),
        ["2", 1, false],
      );
      for (const threadId of ["", "  ", []])
        await assert.rejects(async () => memory.listMessages({ threadId }));
      await assert.rejects(async () => memory.listMessages({ threadId: thread.id, page: -1 }));
    },
  },
  {
    name: "messages of several threads, and of a resource, are listed together",
    async run({ memory }) {
      const resourceId = randomUUID();
      const threads = [await savedThread(memory, { resourceId }), await savedThread(memory, { resourceId })];
      const messages = [0, 1, 2, 3].map((second) => newMessage(threads[second % 2] ?? newThread(), second));
      await memory.saveMessages({ messages });
      const together = await memory.listMessages({ threadId: idsOf(threads) });
      assert.deepEqual([idsOf(together.messages), together.total], [idsOf(messages), 4]);
      const ofResource = await memory.listMessagesByResourceId({ resourceId, perPage: 3 });
      assert.deepEqual([idsOf(ofResource.messages), ofResource.hasMore], [idsOf(messages.slice(0, 3)), true]);
      assert.equal((await memory.listMessagesByResourceId({ resourceId: randomUUID() })).total, 0);
    },
  },
  {
    name: "messages are included by id with those around them, from their own thread and resource only",
    quick: true,
    async run({ memory }) {
      const [thread, other] = [await savedThread(memory), await savedThread(memory)];
      const messages = await savedMessages(memory, thread, 5);
      const ids = idsOf(messages);
      const target = { id: ids[2] ?? "", withPreviousMessages: 1, withNextMessages: 1 };
      const [own] = await savedMessages(memory, other, 1);
      const list = async (
        args: Omit<Parameters<typeof memory.listMessages>[0], "threadId">,
        threadId = other.id,
      ) => idsOf((await memory.listMessages({ threadId, ...args })).messages).toSorted();
      const included = ids.slice(1, 4);
      assert.deepEqual(await list({ include: [target] }), [...included, own?.id ?? ""].toSorted());
      assert.deepEqual(await list({ include: [target], perPage: 0 }), included.toSorted());
      assert.deepEqual(
        await list({ include: [{ ...target, threadId: other.id }], perPage: 0 }),
        included.toSorted(),
      );
      assert.deepEqual(
        await list({ include: [{ ...target, threadId: thread.id }], perPage: 0 }),
        included.toSorted(),
      );
      assert.deepEqual(await list({ include: [target], perPage: 0, resourceId: other.resourceId }), []);
      const unnamed = { id: undefined as unknown as string };
      assert.deepEqual(await list({ include: [{ id: randomUUID() }, unnamed] }), [own?.id]);
      const overlapping = [target, { ...target, id: ids[3] ?? "" }, { id: ids[0] ?? "" }];
      assert.deepEqual(await list({ include: overlapping, perPage: 1 }, thread.id), ids.toSorted());
      const page = await memory.listMessages({ threadId: thread.id, perPage: 1, include: overlapping });
      assert.deepEqual([page.total, page.hasMore], [5, false]);
    },
  },
];
