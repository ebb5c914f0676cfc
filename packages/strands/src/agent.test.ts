import { Agent, SessionManager } from "@strands-agents/sdk";
import { FileMemoryStore } from "@strands-agents/sdk/vended-memory-stores/file-memory-store";
import { memoryStore, type ThreadStore, ThreadStoreError } from "@threadstore/core";
import { expect, it } from "vitest";
import { strandsStorage, type StrandsStorageOptions } from "./index.ts";
import { EchoModel, textOfMessage } from "./model.test-helper.ts";

/** Creates an agent as a request does: with a session manager and a storage of its own. */
function newAgent(
  store: ThreadStore,
  options: Partial<StrandsStorageOptions> = {},
  sessionOptions: Partial<ConstructorParameters<typeof SessionManager>[0]> = {},
): { readonly agent: Agent; readonly session: SessionManager } {
  const storage = strandsStorage({ store, ...options });
  const session = new SessionManager({ sessionId: "talk", storage, ...sessionOptions });
  const model = new EchoModel();
  return { session, agent: new Agent({ id: "helper", model, sessionManager: session, printer: false }) };
}

async function answerOf(agent: Agent, prompt: string): Promise<string> {
  return textOfMessage((await agent.invoke(prompt)).lastMessage);
}

it("an agent resumes its session, whichever storage saved it", async () => {
  const store = memoryStore();
  expect(await answerOf(newAgent(store).agent, "Hello")).toBe("1: Hello");
  const { agent } = newAgent(store);
  expect(await answerOf(agent, "Again")).toBe("3: Again");
  expect(await answerOf(agent, "More")).toBe("5: More");
  expect(agent.messages.map(textOfMessage)).toEqual([
    "Hello",
    "1: Hello",
    "Again",
    "3: Again",
    "More",
    "5: More",
  ]);
});

it("a snapshot is readable JSON in the store, under the SDK's key", async () => {
  const store = memoryStore();
  await answerOf(newAgent(store).agent, "Hello");
  const stored = await store.load("session/talk/scopes/agent/helper/snapshots/snapshot_latest.json");
  expect(stored?.thread).toMatchObject({ kind: "strands-value", json: { scope: "agent" } });
  expect(stored?.json).toContain("1: Hello");
});

it("snapshots of the history are listed, restored, and deleted with the session", async () => {
  const store = memoryStore();
  const { agent, session } = newAgent(store, {}, { snapshotTrigger: () => true });
  await answerOf(agent, "Hello");
  await answerOf(agent, "Again");
  const ids = await session.listSnapshotIds({ target: agent });
  expect(ids).toHaveLength(2);
  const [first = ""] = ids;
  expect(await session.restoreSnapshot({ target: agent, snapshotId: first })).toBe(true);
  expect(agent.messages.map(textOfMessage)).toEqual(["Hello", "1: Hello"]);
  await store.save("session/talk2/other", {});
  await session.deleteSession();
  expect((await store.listPage()).threads.map(({ id }) => id)).toEqual(["session/talk2/other"]);
});

it("of two agents that continue a session at once, one keeps its turn, and the other one fails", async () => {
  const store = memoryStore();
  await answerOf(newAgent(store).agent, "Hello");
  const [first, second] = [newAgent(store).agent, newAgent(store).agent];
  await Promise.all([first.initialize(), second.initialize()]);
  expect(await answerOf(first, "First")).toBe("3: First");
  const failure: unknown = await answerOf(second, "Second").catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: "SessionError", cause: { code: "CONFLICT" } });
  expect(await answerOf(newAgent(store).agent, "Then")).toBe("5: Then");
});

it("with onConflict: overwrite, the last one of them wins, as with the SDK's storages", async () => {
  const store = memoryStore();
  const options = { onConflict: "overwrite" } as const;
  const [first, second] = [newAgent(store, options).agent, newAgent(store, options).agent];
  await Promise.all([first.initialize(), second.initialize()]);
  await answerOf(first, "First");
  await answerOf(second, "Second");
  const { agent } = newAgent(store, options);
  await agent.initialize();
  expect(agent.messages.map(textOfMessage)).toEqual(["Second", "1: Second"]);
});

it("memories that two processes add at once are not lost", async () => {
  const store = memoryStore();
  const openMemory = () => new FileMemoryStore({ name: "facts", storage: strandsStorage({ store }) });
  const memories = [openMemory(), openMemory(), openMemory()];
  await memories[0]?.add("# Ann\n- likes tea");
  const addTo = async (memory: FileMemoryStore, index: number): Promise<number> => {
    try {
      await memory.add(`# Ann\n- fact ${index}`);
      return 0;
    } catch (error) {
      if (!ThreadStoreError.is(error, "CONFLICT")) throw error;
      return 1 + (await addTo(memory, index));
    }
  };
  const conflicts = await Promise.all(memories.map(addTo));
  expect(Math.max(...conflicts)).toBeGreaterThan(0);
  const [entry] = await openMemory().search("Ann");
  for (const fact of ["likes tea", "fact 0", "fact 1", "fact 2"]) expect(entry?.content).toContain(fact);
});
