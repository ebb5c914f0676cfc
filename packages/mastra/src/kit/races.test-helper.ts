import assert from "node:assert/strict";
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

const ROUNDS = 5;

/** Calls `write` five times in each of three clients at once. */
async function concurrently<Client>(
  clients: readonly Client[],
  write: (client: Client, writer: number, round: number) => Promise<unknown>,
): Promise<void> {
  await Promise.all(
    clients.map(async (client, writer) => {
      for (let round = 0; round < ROUNDS; round += 1) await write(client, writer, round);
    }),
  );
}

/** The keys that three clients write in five rounds. */
function allKeys(): string[] {
  return [0, 1, 2].flatMap((writer) => Array.from({ length: ROUNDS }, (_, round) => `k${writer}_${round}`));
}

/** Requirements of applications in which several processes use a memory. */
export const RACES: readonly Check[] = [
  {
    name: "writers of one thread lose no message and keep their order",
    quick: true,
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      await concurrently([memory, open(), open()], async (client, writer, round) =>
        client.saveMessages({
          messages: [newMessage(thread, round, { id: `${thread.id} ${writer} ${round}` })],
        }),
      );
      const ids = await messageIds(open(), thread.id);
      for (const writer of [0, 1, 2]) {
        const own = ids
          .filter((id) => id.startsWith(`${thread.id} ${writer} `))
          .map((id) => id.split(" ").at(-1));
        assert.deepEqual(own, ["0", "1", "2", "3", "4"]);
      }
      assert.equal(ids.length, 3 * ROUNDS);
    },
  },
  {
    name: "a replay after 120 other messages adds nothing",
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      const [message] = await savedMessages(memory, thread, 1);
      assert.ok(message);
      for (let second = 1; second <= 120; second += 1) {
        await memory.saveMessages({ messages: [newMessage(thread, second)] });
      }
      await open().saveMessages({ messages: [message] });
      const ids = await messageIds(memory, thread.id);
      assert.deepEqual([ids.length, ids[0]], [121, message.id]);
    },
  },
  {
    name: "clients that change the metadata of a thread lose no change",
    quick: true,
    async run({ memory, open }) {
      const { id } = await savedThread(memory, { title: "kept" });
      await concurrently([memory, open(), open()], async (client, writer, round) =>
        client.updateThread({ id, metadata: { [`k${writer}_${round}`]: round } }),
      );
      const thread = await open().getThreadById({ threadId: id });
      assert.deepEqual([Object.keys(thread?.metadata ?? {}).toSorted(), thread?.title], [allKeys(), "kept"]);
    },
  },
  {
    name: "clients that count in the metadata of a thread count each change",
    async run({ memory, open }) {
      const { id } = await savedThread(memory);
      await concurrently([memory, open(), open()], async (client) =>
        client.updateThreadMetadata({
          id,
          update: ({ metadata }) => ({ count: Number(metadata?.["count"] ?? 0) + 1 }),
        }),
      );
      assert.deepEqual((await open().getThreadById({ threadId: id }))?.metadata, { count: 3 * ROUNDS });
    },
  },
  {
    name: "clients that change a resource lose no change",
    quick: true,
    async run({ memory, open }) {
      const resourceId = newThread().id;
      await concurrently([memory, open(), open()], async (client, writer, round) =>
        client.updateResource({ resourceId, metadata: { [`k${writer}_${round}`]: round } }),
      );
      const resource = await open().getResourceById({ resourceId });
      assert.deepEqual(Object.keys(resource?.metadata ?? {}).toSorted(), allKeys());
    },
  },
  {
    name: "clients that change a message lose no change, and no message that is saved meanwhile",
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      const [message] = await savedMessages(memory, thread, 1);
      assert.ok(message);
      await concurrently([memory, open(), open()], async (client, writer, round) => {
        if (writer === 2) return client.saveMessages({ messages: [newMessage(thread, 10 + round)] });
        const metadata = { [`k${writer}_${round}`]: round };
        return client.updateMessages({
          messages: [{ id: message.id, content: changedContent({ metadata }) }],
        });
      });
      const { messages } = await open().listMessages({ threadId: thread.id });
      assert.equal(messages.length, 1 + ROUNDS);
      const expected = allKeys().filter((key) => !key.startsWith("k2"));
      assert.deepEqual(Object.keys(messages[0]?.content.metadata ?? {}).toSorted(), expected);
    },
  },
  {
    name: "clients that create the same thread at once and write to it lose no message",
    async run({ memory, open }) {
      const thread = newThread();
      const clients = [memory, open(), open()];
      await Promise.all(
        clients.map(async (client, writer) => {
          await client.saveThread({ thread });
          await client.saveMessages({ messages: [newMessage(thread, writer)] });
        }),
      );
      assert.equal((await messageIds(memory, thread.id)).length, 3);
      assert.equal((await memory.listThreads({ filter: { resourceId: thread.resourceId } })).total, 1);
    },
  },
  {
    name: "a thread that moves while clients write to it loses no message",
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      const [mover, first, second] = [memory, open(), open()];
      const resources = [newThread().id, newThread().id];
      await Promise.all([
        concurrently([first, second], async (client, writer, round) =>
          client.saveMessages({
            messages: [newMessage(thread, round, { id: `${thread.id} ${writer} ${round}` })],
          }),
        ),
        (async () => {
          for (const resourceId of resources) {
            await mover.updateThreadResourceId({ threadId: thread.id, resourceId });
          }
        })(),
      ]);
      assert.equal((await messageIds(open(), thread.id)).length, 2 * ROUNDS);
      const totals = [thread.resourceId, ...resources].map(
        async (resourceId) => (await memory.listThreads({ filter: { resourceId } })).total,
      );
      assert.deepEqual(await Promise.all(totals), [0, 0, 1]);
    },
  },
  {
    name: "clients that move a thread to the same resource at once lose no message",
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      const messages = await savedMessages(memory, thread, 3);
      const resourceId = newThread().id;
      const clients = [memory, open(), open()];
      await Promise.all(
        clients.map(async (client, writer) => {
          await client.updateThreadResourceId({ threadId: thread.id, resourceId });
          await client.saveMessages({ messages: [newMessage({ ...thread, resourceId }, 10 + writer)] });
        }),
      );
      const { total } = await open().listMessages({ threadId: thread.id, resourceId });
      assert.equal(total, messages.length + clients.length);
      assert.equal((await memory.listThreads({ filter: { resourceId: thread.resourceId } })).total, 0);
    },
  },
  {
    name: "a thread that is deleted while clients write to it is gone, or was created again as a whole",
    async run({ memory, open }) {
      const thread = await savedThread(memory);
      const writer = open();
      const outcomes = await Promise.allSettled([
        memory.deleteThread({ threadId: thread.id }),
        ...Array.from({ length: ROUNDS }, async (_, second) =>
          writer.saveMessages({ messages: [newMessage(thread, second)] }),
        ),
      ]);
      assert.equal(outcomes[0]?.status, "fulfilled");
      assert.equal(await open().getThreadById({ threadId: thread.id }), null);
      assert.deepEqual(idsOf((await memory.listMessages({ threadId: thread.id })).messages), []);
    },
  },
];
