import {
  InMemoryDB,
  InMemoryMemory,
  type MemoryStorage,
  type ObservationalMemoryRecord,
} from "@mastra/core/storage";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { EMBEDDED } from "@threadstore/test-stores";
import { describeStores } from "@threadstore/test-stores/vitest";
import { describe, expect, it } from "vitest";
import { drivenStore } from "./driver.test-helper.ts";
import { ThreadStoreMemory } from "./index.ts";
import { at, newThread } from "./kit/check.test-helper.ts";
import { ask, newMemory } from "./model.test-helper.ts";

const THREAD = newThread({ id: "talk", resourceId: "ann" });

function chunk(cycleId: string, second: number, messageTokens = 100) {
  return {
    cycleId,
    observations: `Observed in ${cycleId}.`,
    tokenCount: 10,
    messageIds: [`message of ${cycleId}`],
    messageTokens,
    lastObservedAt: at(second),
    currentTask: "Testing",
    extractedValues: { city: "Rome" },
  };
}

async function idOf(memory: MemoryStorage, threadId: string | null): Promise<string> {
  return (await memory.getObservationalMemory(threadId, "ann"))?.id ?? "";
}

/** Calls each method of observational memory, and returns what Mastra sees in between. */
async function useAll(open: () => MemoryStorage, threadId: string | null): Promise<unknown[]> {
  const seen: unknown[] = [];
  const clone = `clone of ${threadId}`;
  // Mastra's store returns records that it changes later.
  const note = (value: unknown) => seen.push(structuredClone(value));
  const see = async () => note(await open().getObservationalMemoryHistory(threadId, "ann"));
  const read = async () => structuredClone(await open().getObservationalMemory(threadId, "ann"));
  const scope = threadId === null ? "resource" : "thread";
  note(await read());
  const config = { observation: { messageTokens: 500 }, keep: [1] };
  await open().initializeObservationalMemory({
    threadId,
    resourceId: "ann",
    scope,
    config,
    observedTimezone: "UTC",
  });
  await see();
  const id = await idOf(open(), threadId);
  await open().setPendingMessageTokens(id, 700);
  await open().setObservingFlag(id, true);
  await open().updateActiveObservations({
    id,
    observations: "Line 1\nLine 2",
    tokenCount: 20,
    lastObservedAt: at(1),
    observedMessageIds: ["a"],
  });
  await open().setObservingFlag(id, false);
  await see();
  await open().setBufferingObservationFlag(id, true, 300);
  for (const [index, cycle] of ["one", "two", "one", "three"].entries()) {
    await open().updateBufferedObservations({
      id,
      chunk: chunk(cycle, index),
      lastBufferedAtTime: at(index),
    });
  }
  await open().setBufferingObservationFlag(id, false);
  await see();
  const swap = { activationRatio: 0.5, messageTokensThreshold: 300, currentPendingTokens: 300 };
  note(await open().swapBufferedToActive({ id, ...swap }));
  await see();
  await open().setBufferingReflectionFlag(id, true);
  const reflection = { id, reflection: "Reflected.", tokenCount: 5, inputTokenCount: 20 };
  await open().updateBufferedReflection({ ...reflection, reflectedObservationLineCount: 1 });
  await see();
  const currentRecord = (await read()) as ObservationalMemoryRecord;
  note(await open().swapBufferedReflectionToActive({ currentRecord, tokenCount: 7 }));
  const next = (await read()) as ObservationalMemoryRecord;
  await open().setReflectingFlag(next.id, true);
  await open().updateObservationalMemoryConfig({ id: next.id, config: { observation: { bufferTokens: 5 } } });
  note(
    await open().createReflectionGeneration({ currentRecord: next, reflection: "Shorter.", tokenCount: 2 }),
  );
  await see();
  note(await open().getObservationalMemoryHistory(threadId, "ann", 1, { offset: 1 }));
  await open().insertObservationalMemoryRecord({ ...currentRecord, threadId: clone, id: "cloned" });
  note(await open().getObservationalMemoryHistory(clone, "ann"));
  await open().clearObservationalMemory(clone, "ann");
  await open().clearObservationalMemory(threadId, "ann");
  await see();
  return seen;
}

/** Replaces what is random: ids and the current time. */
function normalized(value: unknown): unknown {
  const text = JSON.stringify(value, (name, member: unknown) => {
    if (name === "id") return "ID";
    return ["createdAt", "updatedAt"].includes(name) ? "TIME" : member;
  });
  return JSON.parse(text) as unknown;
}

await describeStores("observations", { quick: [...EMBEDDED, "postgres"] }, ({ store }) => {
  it.each(["talk", null])("of %s are those of Mastra's store in memory", async (threadId) => {
    const theirs = new InMemoryMemory({ db: new InMemoryDB() });
    const ours = () => new ThreadStoreMemory({ store: store() });
    const expected = await useAll(() => theirs, threadId);
    expect(normalized(await useAll(ours, threadId))).toEqual(normalized(expected));
  });

  it("that two processes buffer at the same time are all kept", async () => {
    const open = () => new ThreadStoreMemory({ store: store() });
    const input = { threadId: "shared", resourceId: "ann", scope: "thread", config: {} } as const;
    const { id } = await open().initializeObservationalMemory(input);
    const clients = [open(), open()];
    const cycles = Array.from({ length: 8 }, (_, index) => String(index));
    await Promise.all(
      cycles.map(async (cycle, index) =>
        clients[index % 2]?.updateBufferedObservations({ id, chunk: chunk(cycle, index) }),
      ),
    );
    const record = await open().getObservationalMemory("shared", "ann");
    const chunks = record?.bufferedObservationChunks ?? [];
    expect(chunks.map(({ cycleId }) => cycleId).toSorted()).toEqual(cycles);
    expect(chunks[0]?.lastObservedAt).toBeInstanceOf(Date);
  });
});

async function observed(store: ThreadStore): Promise<string> {
  const memory = new ThreadStoreMemory({ store });
  await memory.saveThread({ thread: THREAD });
  const input = { threadId: THREAD.id, resourceId: "ann", scope: "thread", config: {} } as const;
  const { id } = await memory.initializeObservationalMemory(input);
  await memory.updateActiveObservations({ id, observations: "Seen.", tokenCount: 1, lastObservedAt: at(1) });
  return id;
}

describe("the observations of a thread", () => {
  it("are deleted with the thread, and erased with its resource", async () => {
    const store = memoryStore();
    const memory = new ThreadStoreMemory({ store });
    await observed(store);
    await memory.deleteThread({ threadId: THREAD.id });
    expect(await memory.getObservationalMemory(THREAD.id, "ann")).toBeNull();
    const id = await observed(store);
    await store.namespace("resources").namespace("ann").erase();
    expect(await memory.getObservationalMemory(THREAD.id, "ann")).toBeNull();
    await expect(memory.setObservingFlag(id, true)).rejects.toMatchObject({
      code: "THREAD_NOT_FOUND",
      path: "id",
    });
  });

  it.each(["before", "after"] as const)(
    "move with it, although the process is killed %s a write",
    async (when) => {
      for (let write = 1; ; write += 1) {
        const { store, calls } = drivenStore();
        const id = await observed(store);
        Object.assign(calls, { writes: 0, failAtWrite: write, when });
        const move = async () =>
          new ThreadStoreMemory({ store }).updateThreadResourceId({ threadId: THREAD.id, resourceId: "bob" });
        const isKilled = await move().then(
          () => false,
          () => true,
        );
        calls.failAtWrite = Number.POSITIVE_INFINITY;
        if (!isKilled) break;
        const survivor = new ThreadStoreMemory({ store });
        expect((await survivor.getObservationalMemory(THREAD.id, "bob"))?.activeObservations).toBe("Seen.");
        await move();
        await survivor.setPendingMessageTokens(id, 9);
        await store.namespace("resources").namespace("ann").erase();
        expect(await survivor.getObservationalMemory(THREAD.id, "bob")).toMatchObject({
          activeObservations: "Seen.",
          pendingMessageTokens: 9,
        });
      }
    },
  );

  it("are as before or as after a change whose process is killed", async () => {
    for (const when of ["before", "after"] as const) {
      const { store, calls } = drivenStore();
      const id = await observed(store);
      const reflection = { id, reflection: "Short.", tokenCount: 1, inputTokenCount: 1 };
      await new ThreadStoreMemory({ store }).updateBufferedReflection({
        ...reflection,
        reflectedObservationLineCount: 1,
      });
      const read = async () => {
        const memory = new ThreadStoreMemory({ store });
        return (await memory.getObservationalMemoryHistory(THREAD.id, "ann")).map((record) => [
          record.activeObservations,
          record.bufferedReflection,
        ]);
      };
      const before = await read();
      const [currentRecord] = await new ThreadStoreMemory({ store }).getObservationalMemoryHistory(
        THREAD.id,
        "ann",
      );
      Object.assign(calls, { writes: 0, failAtWrite: 1, when });
      const swap = { currentRecord: currentRecord as ObservationalMemoryRecord, tokenCount: 1 };
      const dying = new ThreadStoreMemory({ store });
      await expect(dying.swapBufferedReflectionToActive(swap)).rejects.toMatchObject({
        name: "ThreadStoreError",
      });
      calls.failAtWrite = Number.POSITIVE_INFINITY;
      const after = [
        ["Short.", undefined],
        ["Seen.", undefined],
      ];
      expect(await read()).toEqual(when === "before" ? before : after);
    }
  });
});

describe("invalid observations", () => {
  it.each<[string, (record: Record<string, unknown>) => void]>([
    ["$.records[0].id", (record) => (record["id"] = 1)],
    ["$.records[0].activeObservations", (record) => delete record["activeObservations"]],
    ["$.records[0].generationCount", (record) => (record["generationCount"] = "1")],
    ["$.records[0].config", (record) => (record["config"] = [])],
    ["$.records[0].createdAt", (record) => (record["createdAt"] = "yesterday")],
    ["$.records[0].lastObservedAt", (record) => (record["lastObservedAt"] = 5)],
    ["$.records[0].bufferedObservationChunks", (record) => (record["bufferedObservationChunks"] = {})],
    ["$.records[0].bufferedObservationChunks[0]", (record) => (record["bufferedObservationChunks"] = [1])],
  ])("are reported with their path: %s", async (path, change) => {
    const store = memoryStore();
    await observed(store);
    const place = store.namespace("resources").namespace("ann").namespace("observations");
    const stored = await place.load("thread.talk");
    const thread = structuredClone(stored?.thread) as unknown as { records: [Record<string, unknown>] };
    change(thread.records[0]);
    await place.save("thread.talk", thread, { overwrite: true });
    const reading = new ThreadStoreMemory({ store }).getObservationalMemory("talk", "ann");
    await expect(reading).rejects.toMatchObject({ code: "THREAD_INVALID", path });
  });

  it.each<[string, string, (memory: MemoryStorage) => Promise<unknown>]>([
    ["resourceId", "INVALID_ARGUMENT", async (memory) => memory.getObservationalMemory("talk", "")],
    ["threadId", "INVALID_ARGUMENT", async (memory) => memory.getObservationalMemory("\uD800", "ann")],
    ["id", "INVALID_ARGUMENT", async (memory) => memory.setObservingFlag("", true)],
    ["id", "THREAD_NOT_FOUND", async (memory) => memory.setObservingFlag("of another store", true)],
  ])("%s is rejected with %s", async (path, code, call) => {
    const memory = new ThreadStoreMemory({ store: memoryStore() });
    await expect(call(memory)).rejects.toMatchObject({ code, path });
  });
});

it("an agent remembers what it observed, in other processes, as with Mastra's store in memory", async () => {
  const model = {
    specificationVersion: "v2",
    provider: "tests",
    modelId: "observer",
    supportedUrls: {},
    async doGenerate() {
      const content = [{ type: "text", text: "<observations>\n* Ann lives in Rome.\n</observations>" }];
      const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
      return { content, finishReason: "stop", usage, warnings: [] };
    },
    async doStream() {
      const parts = [
        { type: "stream-start", warnings: [] },
        { type: "text-start", id: "1" },
        { type: "text-delta", id: "1", delta: "<observations>\n* Ann lives in Rome.\n</observations>" },
        { type: "text-end", id: "1" },
        { type: "finish", finishReason: "stop", usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } },
      ];
      return { stream: ReadableStream.from(parts) };
    },
  };
  const observationalMemory = {
    model: model as never,
    observation: { messageTokens: 20, bufferTokens: false as const },
  };
  const store = memoryStore();
  const theirs = new InMemoryMemory({ db: new InMemoryDB() });
  const results = [];
  for (const open of [() => new ThreadStoreMemory({ store }), () => theirs]) {
    const options = { lastMessages: 10, observationalMemory };
    for (const text of [`I live in Rome. ${"It is a city. ".repeat(30)}`, "Where do I live?", "And now?"]) {
      await ask(newMemory(open(), options), "talk", text);
    }
    const record = await open().getObservationalMemory("talk", "ann");
    results.push([record?.activeObservations.includes("Ann lives in Rome."), record?.generationCount]);
  }
  expect(results[0]).toEqual(results[1]);
  expect(results[0]?.[0]).toBe(true);
});
