import { readFileSync } from "node:fs";
import type { MastraDBMessage } from "@mastra/core/memory";
import { memoryStore, type SerializedThread, type ThreadMetadata, type ThreadStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { ThreadStoreMemory } from "./index.ts";
import { idsOf, messageIds, newMessage } from "./kit/check.test-helper.ts";

/** Threads that version 1 of the format wrote, and what Mastra saw of them. Never change the file. */
interface Golden {
  readonly thread: { readonly id: string; readonly resourceId: string };
  readonly messages: readonly { readonly id: string }[];
  readonly workingMemory: string;
  readonly records: readonly {
    readonly path: readonly string[];
    readonly id: string;
    readonly metadata: ThreadMetadata;
    readonly thread: SerializedThread;
  }[];
}

const text = readFileSync(new URL("golden/memory-v1.json", import.meta.url), "utf8");
const golden = JSON.parse(text) as Golden;

async function goldenStore(): Promise<ThreadStore> {
  const store = memoryStore();
  for (const { path, id, metadata, thread } of golden.records) {
    const namespace = path.reduce((parent: ThreadStore, name) => parent.namespace(name), store);
    await namespace.save(id, thread, { metadata });
  }
  return store;
}

/** Returns what JSON makes of it: dates become text. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

it("a golden memory is read, listed, found by id and extended", async () => {
  const { thread, messages, workingMemory } = golden;
  const memory = new ThreadStoreMemory({ store: await goldenStore() });
  const { updatedAt: _updatedAt, ...stored } = (await memory.getThreadById({ threadId: thread.id })) ?? {};
  expect(asJson(stored)).toEqual(thread);
  expect(asJson((await memory.listMessages({ threadId: thread.id })).messages)).toEqual(messages);
  const ids = idsOf(messages);
  expect(idsOf((await memory.listMessagesById({ messageIds: ids })).messages)).toEqual(ids);
  expect((await memory.getResourceById({ resourceId: thread.resourceId }))?.workingMemory).toBe(
    workingMemory,
  );
  expect((await memory.listThreads({ filter: { resourceId: thread.resourceId } })).total).toBe(1);
  const added: MastraDBMessage = newMessage(thread, 60 * 60 * 24, { id: "added" });
  await memory.saveMessages({ messages: [added] });
  expect(await messageIds(memory, thread.id)).toEqual([...ids, "added"]);
  await memory.deleteThread({ threadId: thread.id });
  expect((await memory.listThreads({})).total).toBe(0);
});

it("golden observations are read, found by their id and extended", async () => {
  const stored = readFileSync(new URL("golden/observations-v1.json", import.meta.url), "utf8");
  const store = memoryStore();
  const place = store.namespace("resources").namespace("ann").namespace("observations");
  await place.save("thread.talk", stored);
  const memory = new ThreadStoreMemory({ store });
  const record = await memory.getObservationalMemory("talk", "ann");
  const { records } = JSON.parse(stored) as { readonly records: readonly unknown[] };
  expect([asJson(record)]).toEqual(records);
  expect(record?.lastBufferedAtTime).toBeInstanceOf(Date);
  await memory.setPendingMessageTokens(record?.id ?? "", 5);
  expect((await memory.getObservationalMemory("talk", "ann"))?.pendingMessageTokens).toBe(5);
});
