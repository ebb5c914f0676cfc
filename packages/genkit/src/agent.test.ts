import { memoryStore } from "@threadstore/core";
import { deferred } from "@threadstore/core/documents";
import { AgentError } from "genkit/beta";
import { describe, expect, it } from "vitest";
import { echoAgent } from "./agent.test-helper.ts";
import { threadSessionStore } from "./index.ts";

const SESSION = "support-4711";

function failOn(failing: string, prompt: string): void {
  if (prompt === failing) throw new Error("The model failed.");
}

describe("an agent", () => {
  it("resumes a session by its id, in another instance of the store", async () => {
    const store = memoryStore();
    const chat = echoAgent(threadSessionStore({ store })).chat({ sessionId: SESSION });
    expect((await chat.send("one")).text).toBe("1: one");
    expect((await chat.send("two")).text).toBe("2: two");
    const other = echoAgent(threadSessionStore({ store }));
    const loaded = await other.loadChat({ sessionId: SESSION });
    expect(loaded.messages).toHaveLength(4);
    expect(loaded.snapshotId).toBe(chat.snapshotId);
    expect((await other.chat({ sessionId: SESSION }).send("three")).text).toBe("3: three");
  });

  it("resumes an older snapshot as a branch, and keeps the other branch", async () => {
    const store = memoryStore();
    const agent = echoAgent(threadSessionStore({ store }));
    const chat = agent.chat({ sessionId: SESSION });
    await chat.send("one");
    const { snapshotId = "" } = chat;
    await chat.send("two");
    const tip = chat.snapshotId ?? "";
    expect((await agent.chat({ snapshotId }).send("other")).text).toBe("2: other");
    expect((await agent.chat({ snapshotId: tip }).send("three")).text).toBe("3: three");
    const snapshot = await agent.getSnapshot(tip);
    expect(snapshot).toMatchObject({ parentId: snapshotId, sessionId: SESSION, status: "completed" });
  });

  it("starts a session that does not exist, and reports a snapshot that does not", async () => {
    const agent = echoAgent(threadSessionStore({ store: memoryStore() }));
    expect((await agent.chat({ sessionId: "new" }).send("one")).text).toBe("1: one");
    await expect(agent.chat({ snapshotId: "missing" }).send("one")).rejects.toThrow(AgentError);
  });

  it("keeps the last good snapshot if a turn fails, and continues from it", async () => {
    const sessions = threadSessionStore({ store: memoryStore() });
    const before = async (prompt: string) => failOn("fail", prompt);
    const agent = echoAgent(sessions, { before });
    await agent.chat({ sessionId: SESSION }).send("one");
    await expect(agent.chat({ sessionId: SESSION }).send("fail")).rejects.toThrow("The model failed.");
    expect((await sessions.getSnapshot({ sessionId: SESSION }))?.status).toBe("failed");
    expect((await agent.chat({ sessionId: SESSION }).send("two")).text).toBe("2: two");
  });
});

describe("values that are not JSON", () => {
  it("do not hide the error of a turn if they are its details", async () => {
    const before = async () => {
      throw Object.assign(new Error("The model failed."), { details: new Response("blocked") });
    };
    const sessions = threadSessionStore({ store: memoryStore() });
    const agent = echoAgent(sessions, { before });
    await expect(agent.chat({ sessionId: SESSION }).send("one")).rejects.toThrow("The model failed.");
    const stored = await sessions.getSnapshot({ sessionId: SESSION });
    expect(stored?.error).toMatchObject({ message: "The model failed.", details: {} });
  });
});

describe("two processes that run a turn of one session at the same time", () => {
  it("make two branches, of which neither is lost and the later one is resumed", async () => {
    const store = memoryStore();
    await echoAgent(threadSessionStore({ store })).chat({ sessionId: SESSION }).send("one");
    const both = deferred<void>();
    let running = 0;
    const before = async () => {
      running += 1;
      if (running === 2) both.resolve();
      await both.promise;
    };
    const chats = [0, 1].map(() =>
      echoAgent(threadSessionStore({ store }), { before }).chat({ sessionId: SESSION }),
    );
    const answers = await Promise.all(chats.map(async (chat, index) => chat.send(`two ${index}`)));
    expect(answers.map(({ text }) => text)).toEqual(["2: two 0", "2: two 1"]);
    const sessions = threadSessionStore({ store });
    const snapshots = await Promise.all(
      chats.map(async ({ snapshotId = "" }) => sessions.getSnapshot({ snapshotId })),
    );
    expect(snapshots[0]?.parentId).toBe(snapshots[1]?.parentId);
    expect(snapshots.map((snapshot) => snapshot?.state?.messages?.length)).toEqual([4, 4]);
    const latest = await sessions.getSnapshot({ sessionId: SESSION });
    expect(snapshots.map((snapshot) => snapshot?.snapshotId)).toContain(latest?.snapshotId);
    const strict = threadSessionStore({ store, rejectBranchingSessions: true });
    const turn = echoAgent(strict).chat({ sessionId: SESSION }).send("three");
    await expect(turn).rejects.toMatchObject({ status: "FAILED_PRECONDITION" });
  });
});

describe("a detached turn", () => {
  it("completes in the background, and another process sees its result", async () => {
    const store = memoryStore();
    const started = deferred<void>();
    const before = async () => started.promise;
    const task = await echoAgent(threadSessionStore({ store }), { before })
      .chat({ sessionId: SESSION })
      .detach("one");
    const other = echoAgent(threadSessionStore({ store }));
    expect((await other.getSnapshot(task.snapshotId))?.status).toBe("pending");
    started.resolve();
    expect((await task.wait({ intervalMs: 1 })).status).toBe("completed");
    expect((await other.chat({ sessionId: SESSION }).send("two")).text).toBe("2: two");
  });

  it.each([
    ["completes", async () => {}, "completed", "3: three"],
    ["fails", async (prompt: string) => failOn("two", prompt), "failed", "2: three"],
  ])("that %s is followed by the next turn of the session", async (_name, before, status, answer) => {
    const store = memoryStore();
    const agent = echoAgent(threadSessionStore({ store }), { before });
    await agent.chat({ sessionId: SESSION }).send("one");
    const task = await agent.chat({ sessionId: SESSION }).detach("two");
    expect((await task.wait({ intervalMs: 1 })).status).toBe(status);
    const strict = threadSessionStore({ store, rejectBranchingSessions: true });
    expect((await strict.getSnapshot({ sessionId: SESSION }))?.snapshotId).toBe(task.snapshotId);
    expect((await echoAgent(strict).chat({ sessionId: SESSION }).send("three")).text).toBe(answer);
  });

  it("is aborted by another process", async () => {
    const store = memoryStore();
    const aborted = deferred<void>();
    const before = async (_prompt: string, signal: AbortSignal | undefined) =>
      new Promise<void>((_resolve, reject) => {
        signal?.addEventListener("abort", () => {
          aborted.resolve();
          reject(new Error("Aborted."));
        });
      });
    const agent = echoAgent(threadSessionStore({ store, pollIntervalMs: 1 }), { before });
    const task = await agent.chat({ sessionId: SESSION }).detach("one");
    const other = echoAgent(threadSessionStore({ store }));
    expect(await other.abort(task.snapshotId)).toBe("pending");
    await aborted.promise;
    expect((await task.wait({ intervalMs: 1 })).status).toBe("aborted");
  });
});
