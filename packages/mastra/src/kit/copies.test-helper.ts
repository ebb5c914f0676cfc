import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { StorageCloneThreadInput } from "@mastra/core/storage";
import {
  at,
  type Check,
  idsOf,
  messageIds,
  newMessage,
  savedMessages,
  savedThread,
  START,
} from "./check.test-helper.ts";

/** Requirements of Mastra for copies and resources, and of applications for names. */
export const COPIES: readonly Check[] = [
  {
    name: "a copy has the messages under new ids, and changes independently",
    quick: true,
    async run({ memory, open }) {
      const source = await savedThread(memory, { title: "source", metadata: { a: 1 } });
      const messages = await savedMessages(memory, source, 4);
      const { thread, clonedMessages, messageIdMap } = await memory.cloneThread({
        sourceThreadId: source.id,
        metadata: { b: 2 },
      });
      assert.deepEqual([thread.title, thread.resourceId], ["Clone of source", source.resourceId]);
      assert.deepEqual(
        idsOf(clonedMessages),
        idsOf(messages).map((id) => messageIdMap?.[id]),
      );
      assert.deepEqual(
        clonedMessages.map(({ content }) => content),
        messages.map(({ content }) => content),
      );
      await open().saveMessages({ messages: [newMessage(thread, 9)] });
      assert.deepEqual(await messageIds(memory, source.id), idsOf(messages));
      const stored = await open().getThreadById({ threadId: thread.id });
      const { clone, ...metadata } = { clone: {}, ...stored?.metadata };
      assert.deepEqual(metadata, { b: 2 });
      const { sourceThreadId, lastMessageId } = clone as Record<string, unknown>;
      assert.deepEqual([sourceThreadId, lastMessageId], [source.id, messages[3]?.id]);
    },
  },
  {
    name: "a copy has the messages that its options select, and neither replaces a thread nor needs a source",
    async run({ memory }) {
      const source = await savedThread(memory);
      const messages = await savedMessages(memory, source, 5);
      const selections: readonly (readonly [
        StorageCloneThreadInput["options"] & object,
        readonly number[],
      ])[] = [
        [{ messageLimit: 2 }, [3, 4]],
        [{ messageFilter: { startDate: at(1), endDate: at(2) } }, [1, 2]],
        [{ messageFilter: { messageIds: [messages[0]?.id ?? "", messages[4]?.id ?? ""] } }, [0, 4]],
        [{ messageLimit: 1, messageFilter: { endDate: at(3) } }, [3]],
      ];
      for (const [options, expected] of selections) {
        const [newThreadId, resourceId] = [randomUUID(), randomUUID()];
        const { thread, clonedMessages } = await memory.cloneThread({
          sourceThreadId: source.id,
          newThreadId,
          resourceId,
          title: "copy",
          options,
        });
        assert.deepEqual([thread.id, thread.title, thread.resourceId], [newThreadId, "copy", resourceId]);
        assert.deepEqual(
          clonedMessages.map(({ createdAt }) => createdAt),
          expected.map(at),
        );
        assert.ok(clonedMessages.every((message) => message.resourceId === resourceId));
      }
      const target = await savedThread(memory);
      await assert.rejects(async () =>
        memory.copyThread({ sourceThreadId: source.id, newThreadId: target.id }),
      );
      await assert.rejects(async () => memory.copyThread({ sourceThreadId: randomUUID() }));
    },
  },
  {
    name: "a resource is saved, read and changed, and updates keep what they do not have",
    quick: true,
    async run({ memory, open }) {
      const id = randomUUID();
      assert.equal(await memory.getResourceById({ resourceId: id }), null);
      const resource = {
        id,
        workingMemory: "# Ann\n",
        metadata: { a: { b: [1] } },
        createdAt: new Date(START),
        updatedAt: new Date(START),
      };
      await memory.saveResource({ resource });
      assert.deepEqual(await open().getResourceById({ resourceId: id }), resource);
      await memory.updateResource({ resourceId: id, workingMemory: "" });
      await open().updateResource({ resourceId: id, metadata: { c: 2 } });
      const stored = await memory.getResourceById({ resourceId: id });
      assert.deepEqual(
        [stored?.workingMemory, stored?.metadata, stored?.createdAt],
        ["", { a: { b: [1] }, c: 2 }, new Date(START)],
      );
      assert.ok((stored?.updatedAt.getTime() ?? 0) > START);
      const created = await memory.updateResource({ resourceId: randomUUID(), metadata: { a: 1 } });
      assert.deepEqual([created.metadata, created.workingMemory ?? undefined], [{ a: 1 }, undefined]);
    },
  },
  {
    name: "names of any length with any characters are separate",
    async run({ memory, open }) {
      const unique = randomUUID();
      const odd = [
        "a",
        "A",
        "a/b",
        "..",
        "%2F",
        'con. :*?"<>|\\',
        "e\u0301",
        "\u00e9",
        "😀\n",
        "~sha256-",
        "__proto__",
        "constructor",
      ];
      const names = [...odd, "x".repeat(2000), `${"x".repeat(2000)}y`].map((name) => `${name}${unique}`);
      for (const name of names) {
        const thread = await savedThread(memory, { id: name, resourceId: name, metadata: { name } });
        await memory.saveMessages({ messages: [newMessage(thread, 1, { id: name })] });
        await memory.updateResource({ resourceId: name, workingMemory: name });
      }
      const client = open();
      for (const name of names) {
        const thread = await client.getThreadById({ threadId: name, resourceId: name });
        assert.deepEqual([thread?.id, thread?.metadata], [name, { name }]);
        assert.deepEqual(idsOf((await client.listThreads({ filter: { resourceId: name } })).threads), [name]);
        assert.deepEqual(await messageIds(client, name), [name]);
        const { messages } = await client.listMessagesById({ messageIds: [name] });
        assert.deepEqual(
          messages.map(({ threadId }) => threadId),
          [name],
        );
        assert.equal((await client.getResourceById({ resourceId: name }))?.workingMemory, name);
      }
    },
  },
];
