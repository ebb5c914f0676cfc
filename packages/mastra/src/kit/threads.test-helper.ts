import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import {
  type Check,
  idsOf,
  messageIds,
  newMessage,
  newThread,
  savedMessages,
  savedThread,
  START,
} from "./check.test-helper.ts";

/** Requirements of Mastra for threads. */
export const THREADS: readonly Check[] = [
  {
    name: "a thread is read with its members and dates",
    quick: true,
    async run({ memory, open }) {
      const metadata = {
        nested: { list: [1, { a: null }], text: "ü😀\0" },
        workingMemory: "# Ann\n",
        empty: "",
      };
      const full = newThread({ title: "quotes ' \" 😀", metadata, updatedAt: new Date(START + 5000) });
      assert.deepEqual(await memory.saveThread({ thread: full }), full);
      assert.deepEqual(await open().getThreadById({ threadId: full.id }), full);
      const { id, resourceId, title, createdAt } = newThread({ title: "" });
      const bare = { id, resourceId, createdAt, updatedAt: createdAt };
      await memory.saveThread({ thread: { ...bare, title: "" } });
      const stored = await open().getThreadById({ threadId: id });
      assert.ok(stored?.createdAt instanceof Date && stored.updatedAt instanceof Date);
      assert.deepEqual([stored.resourceId, stored.createdAt, stored.title], [resourceId, createdAt, title]);
    },
  },
  {
    name: "a thread without a title has none",
    async run({ memory, open }) {
      const { title: _title, ...thread } = newThread();
      await memory.saveThread({ thread });
      const stored = await open().getThreadById({ threadId: thread.id });
      assert.deepEqual([stored?.id, stored?.title ?? undefined], [thread.id, undefined]);
    },
  },
  {
    name: "a thread is found only by its id and its resource",
    async run({ memory }) {
      const { id, resourceId } = await savedThread(memory);
      assert.equal((await memory.getThreadById({ threadId: id, resourceId }))?.id, id);
      assert.equal(await memory.getThreadById({ threadId: id, resourceId: `${resourceId}2` }), null);
      assert.equal(await memory.getThreadById({ threadId: id.slice(0, -1) }), null);
      assert.equal(await memory.getThreadById({ threadId: `${id}2` }), null);
    },
  },
  {
    name: "a thread that is saved again keeps its messages, and gets the new members",
    async run({ memory }) {
      const thread = await savedThread(memory, { title: "old", metadata: { old: 1 } });
      const messages = await savedMessages(memory, thread, 3);
      const next = { ...thread, title: "new", metadata: { new: 1 }, updatedAt: new Date(START + 9000) };
      await memory.saveThread({ thread: next });
      assert.deepEqual(await memory.getThreadById({ threadId: thread.id }), next);
      assert.deepEqual(await messageIds(memory, thread.id), idsOf(messages));
    },
  },
  {
    name: "saving, changing and deleting messages updates the time of the thread",
    quick: true,
    async run({ memory }) {
      const thread = await savedThread(memory);
      const times: number[] = [START];
      const message = newMessage(thread, 1);
      for (const change of [
        async () => memory.saveMessages({ messages: [message] }),
        async () => memory.updateMessages({ messages: [{ id: message.id, role: "assistant" }] }),
        async () => memory.updateThread({ id: thread.id, title: "changed" }),
        async () => memory.deleteMessages([message.id]),
      ]) {
        await wait(5);
        await change();
        times.push((await memory.getThreadById({ threadId: thread.id }))?.updatedAt.getTime() ?? 0);
      }
      assert.deepEqual(
        times,
        [...new Set(times)].toSorted((a, b) => a - b),
      );
    },
  },
  {
    name: "an update keeps what it does not have, and a missing thread is rejected",
    async run({ memory, open }) {
      const { id } = await savedThread(memory, { title: "title", metadata: { a: 1, b: { c: 1 } } });
      await memory.updateThread({ id, metadata: { b: 2, d: 3 } });
      const updated = await open().updateThread({ id, title: "new" });
      assert.deepEqual([updated.title, updated.metadata], ["new", { a: 1, b: 2, d: 3 }]);
      assert.deepEqual(await memory.getThreadById({ threadId: id }), updated);
      const patched = await memory.updateThreadMetadata({
        id,
        update: ({ metadata }) => ({ a: [metadata?.["a"]] }),
      });
      assert.deepEqual(patched?.metadata, { a: [1], b: 2, d: 3 });
      await assert.rejects(async () => memory.updateThread({ id: randomUUID(), title: "x" }));
      assert.equal(await memory.updateThreadMetadata({ id: randomUUID(), update: () => ({}) }), null);
    },
  },
  {
    name: "a deleted thread is gone with its messages, and can be created again",
    quick: true,
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      const [message] = await savedMessages(memory, thread, 2);
      assert.ok(message);
      await open().deleteThread({ threadId: thread.id });
      await memory.deleteThread({ threadId: thread.id });
      assert.equal(await memory.getThreadById({ threadId: thread.id }), null);
      assert.deepEqual(await messageIds(memory, thread.id), []);
      assert.deepEqual((await memory.listMessagesById({ messageIds: [message.id] })).messages, []);
      await open().saveThread({ thread });
      assert.deepEqual(await messageIds(memory, thread.id), []);
      await memory.saveMessages({ messages: [message] });
      assert.deepEqual(await messageIds(open(), thread.id), [message.id]);
    },
  },
  {
    name: "a thread moves to another resource with its messages",
    async run({ memory, open }) {
      const thread = await savedThread(memory, { title: "moves", metadata: { a: 1 } });
      const messages = await savedMessages(memory, thread, 2);
      const resourceId = `bob ${randomUUID()}`;
      const other = open();
      assert.equal((await other.getThreadById({ threadId: thread.id }))?.resourceId, thread.resourceId);
      const moved = await memory.updateThreadResourceId({ threadId: thread.id, resourceId });
      assert.deepEqual([moved.resourceId, moved.title, moved.metadata], [resourceId, "moves", { a: 1 }]);
      assert.equal((await memory.listThreads({ filter: { resourceId: thread.resourceId } })).total, 0);
      assert.equal((await memory.listThreads({ filter: { resourceId } })).total, 1);
      await other.saveMessages({ messages: [newMessage(moved, 9, { id: `${thread.id} last` })] });
      const listed = await memory.listMessages({ threadId: thread.id, resourceId });
      assert.deepEqual(idsOf(listed.messages), [...idsOf(messages), `${thread.id} last`]);
      await assert.rejects(async () => memory.updateThreadResourceId({ threadId: randomUUID(), resourceId }));
    },
  },
];
