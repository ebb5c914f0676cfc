import { memoryStore, type SerializedThread } from "@threadstore/core";
import { describe, expect, test, vi } from "vitest";
import {
  calls,
  says,
  scriptedAgent,
  scriptModel,
  type ScriptedMessage,
  decisionsOn,
} from "../scripted-agent.test-helper.ts";
import { defineTool } from "../tools/define-tool.ts";

const TEXT = 'Aye, 🏴‍☠️ "said" he,\n\u2028 é\u0000.';
const answer = { role: "assistant", content: TEXT };

/** Returns the messages that are encoded while `action` runs. */
async function encodedBy(action: () => Promise<unknown>): Promise<unknown[]> {
  const stringify = vi.spyOn(JSON, "stringify");
  await action();
  const values = stringify.mock.calls.map(([value]) => value as { role?: unknown });
  stringify.mockRestore();
  return values.filter((value) => typeof value === "object" && "role" in value);
}

describe("serialize", () => {
  test("resolves with an object that a store saves byte for byte, turn by turn", async () => {
    const look = defineTool({ name: "look", needsApproval: true, run: () => ({ sky: "blue" }) });
    const model = scriptModel(says(TEXT), calls(["1", "look", ""]), says(TEXT), says(TEXT));
    const memory = {
      name: 'mem "o" ry',
      observe: ({ state }: { state: { set(value: number[]): void } }) => state.set([1, 2]),
    };
    const agent = scriptedAgent(model, { name: 'Ann "A"', tools: [look], context: [memory] });
    const thread = agent.getNewThread();
    const store = memoryStore();
    const texts: string[] = [];
    const check = async (): Promise<void> => {
      const { json } = await store.save("id", await thread.serialize(), { overwrite: true });
      expect(json).toBe(JSON.stringify(await thread.serialize()));
      expect(json).toBe(JSON.stringify(thread));
      expect(JSON.stringify(await agent.deserializeThread(json))).toBe(json);
      texts.push(json);
    };
    await check();
    await agent.run("one", thread);
    await check();
    await agent.run("two", thread);
    await check();
    expect(texts.at(-1)).toContain('"turn"');
    await agent.resume(thread, { approvals: decisionsOn(thread, { 1: true }) });
    await check();
    const odd = { role: "user", content: "three", odd: { __proto__x: [] } };
    await agent.run(odd, thread);
    await check();
    expect(new Set(texts).size).toBe(5);
  });

  test("makes a store encode each message once, however often the thread grows and is saved", async () => {
    const agent = scriptedAgent(scriptModel(...Array.from({ length: 5 }, () => says(TEXT))));
    const thread = agent.getNewThread();
    const store = memoryStore();
    const save = async (): Promise<unknown> =>
      store.save("id", await thread.serialize(), { overwrite: true });
    for (let turn = 0; turn < 5; turn += 1) {
      await agent.run(`turn ${turn}`, thread);
      expect(await encodedBy(save)).toEqual([{ role: "user", content: `turn ${turn}` }, answer]);
      expect(await encodedBy(save)).toEqual([]);
    }
    const loaded = await agent.deserializeThread(JSON.stringify(thread));
    const saveLoaded = async (): Promise<unknown> => store.save("loaded", await loaded.serialize());
    expect(await encodedBy(saveLoaded)).toHaveLength(10);
  });

  test("of a snapshot encodes only its new messages", async () => {
    const look = defineTool({ name: "look", run: () => "blue" });
    const model = scriptModel(says(TEXT), calls(["1", "look", ""]), calls(["1", "look", ""]), says(TEXT));
    const agent = scriptedAgent(model, { tools: [look] });
    const store = memoryStore();
    const save = async (thread: SerializedThread): Promise<unknown> =>
      store.save("id", thread, { overwrite: true });
    const { thread } = await agent.run("one");
    await save(await thread.serialize());
    const counts: number[] = [];
    await agent.run("two", thread, {
      onProgress: async (snapshot) => {
        const encoded = await encodedBy(async () => save(await snapshot.serialize()));
        counts.push(encoded.length);
      },
    });
    // The input, then responses and results. A snapshot may contain messages of the previous one again.
    expect(Math.max(...counts)).toBeLessThanOrEqual(3);
    expect(counts).toHaveLength(5);
  });

  test("resolves with a frozen object, so it always equals the text that is saved", async () => {
    const memory = {
      name: "memory",
      observe: ({ state }: { state: { set(value: { facts: string[] }): void } }) => state.set({ facts: [] }),
    };
    const agent = scriptedAgent(scriptModel(says("one")), { context: [memory] });
    const { thread } = await agent.run("one");
    const before = JSON.stringify(thread);
    const document = (await thread.serialize()) as {
      title?: string;
      messages: { content: string }[];
      state: { memory: { facts: string[] } };
    };
    expect(() => Object.assign(document, { title: "mine" })).toThrow(TypeError);
    expect(() => Object.assign(document.messages[0] ?? {}, { content: "mine" })).toThrow(TypeError);
    expect(() => document.messages.pop()).toThrow(TypeError);
    expect(() => document.state.memory.facts.push("mine")).toThrow(TypeError);
    expect(() => (thread.messages as ScriptedMessage[]).pop()).toThrow(TypeError);
    expect(JSON.stringify(thread)).toBe(before);
  });

  test("resolves with an object whose copies are saved with their own content", async () => {
    const agent = scriptedAgent(scriptModel(says("one")));
    const { thread } = await agent.run("one");
    const store = memoryStore();
    const { json } = await store.save("id", { ...(await thread.serialize()), title: "mine" });
    expect(json).toBe(JSON.stringify(thread).replace(/\}$/u, ',"title":"mine"}'));
    const clone = structuredClone(await thread.serialize());
    expect(Object.isFrozen(clone)).toBe(false);
    expect((await store.save("clone", clone)).json).toBe(JSON.stringify(thread));
  });

  test("resolves with the text that a store loads, for deserializeThread", async () => {
    const agent = scriptedAgent(scriptModel(says("one"), says("two")));
    const store = memoryStore();
    const { thread } = await agent.run("one");
    const saved = await store.save("id", await thread.serialize());
    await agent.run("two", thread);
    await store.save("id", await thread.serialize(), { previous: saved });
    const loaded = await store.load("id");
    expect(loaded?.json).toBe(JSON.stringify(thread));
    const deserialized = await agent.deserializeThread(loaded?.json ?? "");
    expect(deserialized.messages).toEqual(thread.messages);
  });
});
