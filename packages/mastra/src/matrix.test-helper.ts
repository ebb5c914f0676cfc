import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineRow, defineStoreRows, type SdkMatrix } from "@threadstore/matrix";
import { afterAll, beforeAll, describe } from "vitest";
import { ThreadStoreMemory } from "./index.ts";
import {
  type KitMemory,
  newMessage,
  newThread,
  savedMessages,
  savedThread,
} from "./kit/check.test-helper.ts";
import { COPIES } from "./kit/copies.test-helper.ts";
import { LISTINGS } from "./kit/listings.test-helper.ts";
import { MESSAGES } from "./kit/messages.test-helper.ts";
import { RACES } from "./kit/races.test-helper.ts";
import { THREADS } from "./kit/threads.test-helper.ts";
import { inMemoryClients, libSqlClients } from "./own-stores.test-helper.ts";

// `npm run docs:matrix` runs this file.

const MATRIX: SdkMatrix<KitMemory> = {
  // The types of the memory domain name its methods, without saying what they do.
  beyond: [...THREADS, ...MESSAGES, ...LISTINGS, ...COPIES, ...RACES],
  async openConversation({ open }, name) {
    const memory = open();
    const thread = newThread({ id: name, resourceId: "ann" });
    if ((await memory.getThreadById({ threadId: name })) === null) await memory.saveThread({ thread });
    let second = 0;
    return {
      async append(texts) {
        const messages = texts.map((text) => {
          second += 1;
          const content = { format: 2 as const, parts: [{ type: "text" as const, text }], content: text };
          return newMessage(thread, second, { content });
        });
        await memory.saveMessages({ messages });
      },
      async read() {
        const { messages } = await memory.listMessages({ threadId: name, perPage: false });
        return messages.map(({ content }) => content.content ?? "");
      },
    };
  },
  // By one client, because the other clients of a LibSQLStore can be locked out by a check that failed.
  async replay({ memory }) {
    const thread = await savedThread(memory);
    const messages = await savedMessages(memory, thread, 3);
    for (let repeats = 0; repeats < 2; repeats += 1) await memory.saveMessages({ messages });
    const stored = await memory.listMessages({ threadId: thread.id, perPage: false });
    return stored.messages.length - messages.length;
  },
};

await defineStoreRows(MATRIX, (store) => {
  const open = () => new ThreadStoreMemory({ store });
  return { memory: open(), open };
});

describe.each(["InMemoryStore", "LibSQLStore"])("%s", (name) => {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-matrix-"));
  let clients: Awaited<ReturnType<typeof libSqlClients>> = [];
  beforeAll(async () => {
    clients =
      name === "LibSQLStore" ? await libSqlClients(join(folder, "memory.db")) : await inMemoryClients();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  let opened = 0;
  function open(): KitMemory["memory"] {
    const client = clients[(opened += 1) % clients.length];
    if (client === undefined) throw new Error("The store has no clients.");
    return client;
  }
  defineRow(MATRIX, () => ({ memory: open(), open }), { isPersistent: name === "LibSQLStore" });
});
