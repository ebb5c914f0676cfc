import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { MastraDBMessage } from "@mastra/core/memory";
import {
  changedContent,
  type Check,
  idsOf,
  messageIds,
  newMessage,
  newThread,
  savedMessages,
  savedThread,
} from "./check.test-helper.ts";

/** Requirements of Mastra for messages. */
export const MESSAGES: readonly Check[] = [
  {
    name: "messages are read as they were saved, with their dates",
    quick: true,
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      const parts: MastraDBMessage["content"]["parts"] = [
        { type: "text", text: 'ü😀 {"a":1}' },
        {
          type: "tool-invocation",
          toolInvocation: { state: "result", toolCallId: "c", toolName: "t", args: {}, result: [] },
        },
      ];
      const metadata = { a: { b: [null, 1.5, ""] } };
      const messages = [
        newMessage(thread, 1, { content: { format: 2, parts, metadata } }),
        newMessage(thread, 2, { role: "assistant", type: "text" }),
      ];
      await memory.saveMessages({ messages });
      const { messages: stored } = await open().listMessages({ threadId: thread.id });
      assert.equal(stored.length, 2);
      for (const [index, { type: _type, ...message }] of stored.entries()) {
        const { type: _own, ...saved } = messages[index] ?? newMessage(thread, 0);
        assert.deepEqual({ ...message }, saved);
      }
    },
  },
  {
    name: "messages of the same time keep their order, and descending is exactly the reverse",
    quick: true,
    async run({ memory }) {
      const thread = await savedThread(memory);
      const messages = ["d", "b", "c", "a"].map((id) => newMessage(thread, 1, { id: `${id} ${thread.id}` }));
      for (const message of messages) await memory.saveMessages({ messages: [message] });
      const list = async (direction: "ASC" | "DESC", perPage: number | false) => {
        const orderBy = { field: "createdAt", direction } as const;
        return idsOf((await memory.listMessages({ threadId: thread.id, orderBy, perPage })).messages);
      };
      assert.deepEqual(await list("ASC", false), idsOf(messages));
      assert.deepEqual(await list("DESC", false), idsOf(messages).toReversed());
      assert.deepEqual(await list("DESC", 2), idsOf(messages).toReversed().slice(0, 2));
    },
  },
  {
    name: "a message with the id of an earlier one replaces it, in its position",
    quick: true,
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      const messages = await savedMessages(memory, thread, 3);
      await open().saveMessages({ messages });
      const changed = newMessage(thread, 1, { ...messages[1], role: "assistant" });
      await memory.saveMessages({ messages: [changed] });
      const { messages: stored, total } = await memory.listMessages({ threadId: thread.id });
      assert.deepEqual([idsOf(stored), total], [idsOf(messages), 3]);
      assert.equal(stored[1]?.role, "assistant");
    },
  },
  {
    name: "a message that is saved in another thread leaves the first one",
    async run({ memory }) {
      const [first, second] = [await savedThread(memory), await savedThread(memory)];
      const [message] = await savedMessages(memory, first, 2);
      assert.ok(message);
      await memory.saveMessages({ messages: [{ ...message, threadId: second.id }] });
      assert.deepEqual(await messageIds(memory, second.id), [message.id]);
      assert.equal((await messageIds(memory, first.id)).length, 1);
      const { messages } = await memory.listMessagesById({ messageIds: [message.id] });
      assert.deepEqual(
        messages.map(({ threadId }) => threadId),
        [second.id],
      );
    },
  },
  {
    name: "messages of a thread that does not exist are rejected, and nothing of them is stored",
    async run({ memory }) {
      const thread = newThread();
      const message = newMessage(thread, 1);
      await assert.rejects(async () => memory.saveMessages({ messages: [message] }));
      assert.deepEqual(await messageIds(memory, thread.id), []);
      assert.deepEqual((await memory.listMessagesById({ messageIds: [message.id] })).messages, []);
    },
  },
  {
    name: "messages are found by id in any thread",
    async run({ memory, open }) {
      const threads = [await savedThread(memory), await savedThread(memory)];
      const messages = threads.map((thread, index) => newMessage(thread, 10 - index));
      await memory.saveMessages({ messages });
      const found = await open().listMessagesById({ messageIds: [randomUUID(), ...idsOf(messages)] });
      assert.deepEqual(idsOf(found.messages).toSorted(), idsOf(messages).toSorted());
      assert.ok(found.messages.every(({ createdAt }) => createdAt instanceof Date));
      assert.deepEqual((await memory.listMessagesById({ messageIds: [] })).messages, []);
    },
  },
  {
    name: "an update merges content and metadata, and ignores missing messages",
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      const [first, second] = await savedMessages(memory, thread, 2);
      assert.ok(first && second);
      const content = changedContent({ metadata: { a: 1 } });
      await memory.updateMessages({ messages: [{ id: first.id, content }] });
      const updated = await open().updateMessages({
        messages: [
          { id: randomUUID(), role: "assistant" },
          { id: second.id, role: "assistant" },
          { id: first.id, content: changedContent({ content: "new", metadata: { b: 2 } }) },
        ],
      });
      assert.deepEqual(idsOf(updated).toSorted(), [first.id, second.id].toSorted());
      const { messages } = await memory.listMessages({ threadId: thread.id });
      assert.deepEqual(messages[0]?.content, { ...first.content, content: "new", metadata: { a: 1, b: 2 } });
      assert.deepEqual(
        messages.map(({ role, createdAt }) => [role, createdAt]),
        [
          ["user", first.createdAt],
          ["assistant", second.createdAt],
        ],
      );
      assert.deepEqual(await memory.updateMessages({ messages: [] }), []);
    },
  },
  {
    name: "an update moves messages to another thread",
    async run({ memory }) {
      const [from, to] = [await savedThread(memory), await savedThread(memory)];
      const messages = await savedMessages(memory, from, 3);
      const id = messages[1]?.id ?? "";
      await memory.updateMessages({
        messages: [{ id, threadId: to.id, content: changedContent({ metadata: { moved: true } }) }],
      });
      assert.deepEqual(
        await messageIds(memory, from.id),
        idsOf(messages).filter((each) => each !== id),
      );
      const [moved] = (await memory.listMessages({ threadId: to.id })).messages;
      assert.deepEqual([moved?.id, moved?.threadId, moved?.content.metadata], [id, to.id, { moved: true }]);
    },
  },
  {
    name: "messages of several threads are deleted, and missing ones are ignored",
    quick: true,
    async run({ memory, open }) {
      const threads = [await savedThread(memory), await savedThread(memory)];
      const all = await Promise.all(threads.map(async (thread) => savedMessages(memory, thread, 3)));
      const deleted = all.map((messages) => messages[1]?.id ?? "");
      await open().deleteMessages([randomUUID(), ...deleted]);
      await memory.deleteMessages([]);
      for (const [index, { id }] of threads.entries()) {
        const rest = idsOf(all[index] ?? []).filter((each) => !deleted.includes(each));
        assert.deepEqual(await messageIds(memory, id), rest);
      }
      assert.deepEqual((await memory.listMessagesById({ messageIds: deleted })).messages, []);
    },
  },
];
