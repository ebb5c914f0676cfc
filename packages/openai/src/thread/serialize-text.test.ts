import { memoryStore } from "@threadstore/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createChatAgent, defineTool, type ChatMessage } from "../index.ts";
import { calling, clientOf, completion, startWireServer } from "../model-server.test-helper.ts";

const answer = { role: "assistant", content: 'Aye, 🏴‍☠️ "said" he,\n\u2028 é\u0000.' };
const ok = completion(answer);

afterEach(() => {
  vi.restoreAllMocks();
});

/** Which messages are encoded while `action` runs. */
function encodedBy(action: () => void): unknown[] {
  const stringify = vi.spyOn(JSON, "stringify");
  action();
  const values = stringify.mock.calls.map(([value]) => value as { role?: unknown });
  stringify.mockRestore();
  return values.filter((value) => typeof value === "object" && "role" in value);
}

describe("serializeText", () => {
  test("is to the byte what JSON.stringify of serialize gives, turn by turn", async () => {
    const look = defineTool({ name: "look", needsApproval: true, run: () => ({ sky: "blue" }) });
    const server = await startWireServer(ok, completion(calling(["1", "look", ""])), ok, ok);
    const memory = {
      name: 'mem "o" ry',
      observe: ({ state }: { state: { set(value: number[]): void } }) => state.set([1, 2]),
    };
    const agent = createChatAgent({
      client: clientOf(server),
      model: "m",
      name: 'Ann "A"',
      tools: [look],
      context: [memory],
    });
    const thread = agent.getNewThread();
    const texts: string[] = [thread.serializeText()];
    const check = async (): Promise<void> => {
      const text = thread.serializeText();
      expect(text).toBe(JSON.stringify(await thread.serialize()));
      expect((await agent.deserializeThread(text)).serializeText()).toBe(text);
      texts.push(text);
    };
    await agent.run("one", thread);
    await check();
    await agent.run("two", thread);
    await check();
    expect(texts.at(-1)).toContain('"turn"');
    await agent.resume(thread, { approvals: [{ callId: "1", approved: true }] });
    await check();
    await agent.run([{ role: "user", content: "three", odd: { __proto__x: [] } } as ChatMessage], thread);
    await check();
    expect(new Set(texts).size).toBe(5);
  });

  test("encodes each message once, however often the thread grows and is saved", async () => {
    const server = await startWireServer(...Array.from({ length: 5 }, () => ok));
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = agent.getNewThread();
    for (let turn = 0; turn < 5; turn += 1) {
      await agent.run(`turn ${turn}`, thread);
      const encoded = encodedBy(() => thread.serializeText());
      expect(encoded).toEqual([{ role: "user", content: `turn ${turn}` }, answer]);
      expect(encodedBy(() => thread.serializeText())).toEqual([]);
    }
    const loaded = await agent.deserializeThread(thread.serializeText());
    expect(encodedBy(() => loaded.serializeText())).toHaveLength(10);
    expect(encodedBy(() => loaded.serializeText())).toEqual([]);
  });

  test("of snapshots encodes only what is new in each", async () => {
    const look = defineTool({ name: "look", run: () => "blue" });
    const ask = completion(calling(["1", "look", ""]));
    const server = await startWireServer(ok, ask, ask, ok);
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools: [look] });
    const { thread } = await agent.run("one");
    thread.serializeText();
    const counts: number[] = [];
    await agent.run("two", thread, {
      onProgress: async (snapshot) => {
        counts.push(encodedBy(() => snapshot.serializeText()).length);
      },
    });
    // The input, then answers and results; what a snapshot told of is maybe told of once more.
    expect(Math.max(...counts)).toBeLessThanOrEqual(3);
    expect(counts).toHaveLength(5);
  });

  test("cannot be made untrue by a change of an old message", async () => {
    const server = await startWireServer(ok);
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const { thread } = await agent.run([{ role: "user", content: [{ type: "text", text: "one" }] }]);
    const before = thread.serializeText();
    const [first] = thread.messages as unknown as { content: { text: string }[] }[];
    expect(() => Object.assign(first?.content[0] ?? {}, { text: "two" })).toThrow(TypeError);
    expect(() => first?.content.push({ text: "more" })).toThrow(TypeError);
    expect(() => (thread.messages as ChatMessage[]).pop()).toThrow(TypeError);
    expect(thread.serializeText()).toBe(before);
  });

  test("is what a store takes, and gives back to the byte", async () => {
    const server = await startWireServer(ok, ok);
    const agent = createChatAgent({ client: clientOf(server), model: "m" });
    const store = memoryStore();
    const { thread } = await agent.run("one");
    const saved = await store.save("id", thread.serializeText());
    await agent.run("two", thread);
    await store.save("id", thread.serializeText(), { previous: saved });
    const loaded = await store.load("id");
    expect(loaded?.json).toBe(thread.serializeText());
    const taken = await agent.deserializeThread(loaded?.json ?? "");
    expect(taken.messages).toEqual(thread.messages);
  });
});
