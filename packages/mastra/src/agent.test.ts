import { Mastra } from "@mastra/core";
import { InMemoryStore, type MemoryStorage } from "@mastra/core/storage";
import { Memory } from "@mastra/memory";
import { memoryStore } from "@threadstore/core";
import { expect, it } from "vitest";
import { ThreadStoreMemory } from "./index.ts";
import { ask, newAgent, newMemory, storageWith } from "./model.test-helper.ts";

async function inMemory(): Promise<MemoryStorage> {
  const memory = await new InMemoryStore().getStore("memory");
  if (memory === undefined) throw new Error("The store has no memory.");
  return memory;
}

async function textsOf(storage: MemoryStorage, threadId: string): Promise<unknown[]> {
  const { messages } = await newMemory(storage).recall({ threadId, resourceId: "ann" });
  return messages.map(({ role, content }) => [
    role,
    content.parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
  ]);
}

it("an agent continues its threads in other processes, as with Mastra's store in memory", async () => {
  const store = memoryStore();
  const theirs = await inMemory();
  // A memory for each request, as in different processes.
  const storages = [() => new ThreadStoreMemory({ store }), () => theirs] as const;
  const results = await Promise.all(
    storages.map(async (open) => {
      const answers = [
        await ask(newMemory(open()), "talk", "Hello"),
        await ask(newMemory(open()), "talk", "Again"),
        await ask(newMemory(open(), { lastMessages: 1 }), "talk", "Short"),
        await ask(newMemory(open()), "other", "Hi"),
      ];
      const { threads, total } = await newMemory(open()).listThreads({ filter: { resourceId: "ann" } });
      return { answers, texts: await textsOf(open(), "talk"), ids: threads.map(({ id }) => id), total };
    }),
  );
  expect(results[0]).toEqual(results[1]);
  expect(results[0]).toMatchObject({
    answers: ["1: Hello", "3: Again", "3: Short", "1: Hi"],
    ids: ["other", "talk"],
  });
});

it.each(["resource", "thread"] as const)("working memory of a %s is kept", async (scope) => {
  const store = memoryStore();
  const options = { workingMemory: { enabled: true, scope, template: "# Name" } };
  const open = () => newMemory(new ThreadStoreMemory({ store }), options);
  await ask(open(), "talk", "Hello");
  const names = { threadId: "talk", resourceId: "ann" };
  await open().updateWorkingMemory({ ...names, workingMemory: "# Ann" });
  await ask(open(), "talk", "Again");
  expect(await open().getWorkingMemory(names)).toBe("# Ann");
  const other = await open().getWorkingMemory({ threadId: "other", resourceId: "ann" });
  expect(other).toBe(scope === "resource" ? "# Ann" : null);
});

it("turns of one thread at once lose no message", async () => {
  const store = memoryStore();
  const open = () => new ThreadStoreMemory({ store });
  const prompts = ["first", "second", "third"];
  await Promise.all(prompts.map(async (prompt) => ask(newMemory(open()), "talk", prompt)));
  const texts = (await textsOf(open(), "talk")) as [role: string, text: string][];
  const prompted = texts.filter(([role]) => role === "user").map(([, text]) => text);
  expect(prompted.toSorted()).toEqual(prompts.toSorted());
  expect(texts.filter(([role]) => role === "assistant")).toHaveLength(3);
});

it("a memory clones, moves and deletes threads, and deletes messages", async () => {
  const store = memoryStore();
  const storage = new ThreadStoreMemory({ store });
  const memory = newMemory(storage);
  await ask(memory, "talk", "Hello");
  const { thread } = await memory.cloneThread({ sourceThreadId: "talk" });
  expect(await ask(memory, thread.id, "Again")).toBe("3: Again");
  const { messages } = await memory.recall({ threadId: thread.id, resourceId: "ann" });
  await memory.deleteMessages(messages.slice(0, 2).map(({ id }) => id));
  expect(await textsOf(storage, thread.id)).toEqual([
    ["user", "Again"],
    ["assistant", "3: Again"],
  ]);
  await memory.deleteThread(thread.id);
  expect(await memory.getThreadById({ threadId: thread.id })).toBeNull();
  expect(await textsOf(storage, "talk")).toHaveLength(2);
});

it("a Mastra instance gives its storage to its agents", async () => {
  const store = memoryStore();
  const open = () => new ThreadStoreMemory({ store });
  const answers: string[] = [];
  for (const text of ["Hello", "Again"]) {
    const assistant = newAgent(new Memory({ options: { lastMessages: 10 } }));
    const mastra = new Mastra({ agents: { assistant }, storage: storageWith(open()), logger: false });
    const agent = mastra.getAgent("assistant");
    answers.push((await agent.generate(text, { memory: { thread: "talk", resource: "ann" } })).text);
  }
  expect(answers).toEqual(["1: Hello", "3: Again"]);
  expect(await textsOf(open(), "talk")).toHaveLength(4);
});
