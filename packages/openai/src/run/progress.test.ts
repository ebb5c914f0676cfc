import { describe, expect, test } from "vitest";
import { createChatAgent, defineTool, type ChatAgent, type Tool } from "../index.ts";
import {
  calling,
  clientOf,
  completion,
  startWireServer,
  type WireServer,
} from "../model-server.test-helper.ts";

function agentAt(server: WireServer, tools: readonly Tool[]): ChatAgent {
  return createChatAgent({ client: clientOf(server), model: "m", tools });
}

const usage = { total_tokens: 2 };
const done = completion({ role: "assistant", content: "done" }, { usage });

/** What a snapshot says of how far its turn is. */
function outline(text: string): object {
  const { messages, turn } = JSON.parse(text) as {
    messages: { role: string; content: string | null }[];
    turn: { rounds: number; calls?: { callId: string; state: string }[] };
  };
  return {
    roles: messages.map(({ role, content }) => (role === "tool" ? content : role)).join(" "),
    rounds: turn.rounds,
    calls: (turn.calls ?? []).map(({ callId, state }) => `${callId} ${state}`).join(", "),
  };
}

describe("onProgress", () => {
  test("is told of every step, before the next one is taken", async () => {
    const release = Promise.withResolvers<void>();
    const steps: string[] = [];
    const slow = defineTool({
      name: "slow",
      run: async () => {
        steps.push("slow begins");
        await release.promise;
        return "S";
      },
    });
    const fast = defineTool({ name: "fast", run: () => "F" });
    const server = await startWireServer(
      (response) => {
        steps.push("model asked");
        completion(calling(["1", "slow", ""], ["2", "fast", ""], ["3", "none", ""]), { usage })(response);
      },
      (response) => {
        steps.push("model asked");
        done(response);
      },
    );
    const snapshots: string[] = [];
    const agent = agentAt(server, [slow, fast]);
    const { thread } = await agent.run("hello", undefined, {
      onProgress: async (snapshot) => {
        await new Promise(setImmediate);
        const text = snapshot.serializeText();
        expect(text).toBe(JSON.stringify(snapshot));
        snapshots.push(text);
        steps.push(`saved ${snapshots.length}`);
        // The slow tool ends when the fast one's result is kept.
        if (text.includes('"F"')) release.resolve();
      },
    });
    const unknown = 'There is no tool "none". Available tools: slow, fast.';
    expect(snapshots.map(outline)).toEqual([
      { roles: "user", rounds: 0, calls: "" },
      { roles: `user assistant ${unknown}`, rounds: 1, calls: "1 started, 2 started" },
      { roles: `user assistant F ${unknown}`, rounds: 1, calls: "1 started" },
      { roles: `user assistant S F ${unknown}`, rounds: 1, calls: "" },
    ]);
    expect(steps).toEqual([
      "saved 1",
      "model asked",
      "saved 2",
      "slow begins",
      "saved 3",
      "saved 4",
      "model asked",
    ]);
    expect(thread.openTurn).toBeUndefined();
  });

  test("stops the run with its own error, stops its tools, and the thread is as it was", async () => {
    const failure = new Error("disk full");
    const stopped = Promise.withResolvers<unknown>();
    const patient = defineTool({
      name: "patient",
      run: async (_args, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            stopped.resolve(signal.reason);
            reject(signal.reason as Error);
          });
        }),
    });
    const quick = defineTool({ name: "quick", run: () => "Q" });
    const server = await startWireServer(completion(calling(["1", "patient", ""], ["2", "quick", ""])));
    const agent = agentAt(server, [patient, quick]);
    const thread = agent.getNewThread();
    let calls = 0;
    const onProgress = async (): Promise<void> => {
      calls += 1;
      if (calls === 3) throw failure;
    };
    await expect(agent.run("go", thread, { onProgress })).rejects.toBe(failure);
    expect(await stopped.promise).toBe(failure);
    expect(calls).toBe(3);
    expect(thread.messages).toEqual([]);
    expect(thread.openTurn).toBeUndefined();
    expect(server.bodies).toHaveLength(1);
  });

  test("is waited for when the run is aborted, and told of nothing after that", async () => {
    const abort = new AbortController();
    const reason = new Error("left");
    const server = await startWireServer(done);
    const agent = agentAt(server, []);
    const events: string[] = [];
    const onProgress = async (): Promise<void> => {
      abort.abort(reason);
      await new Promise(setImmediate);
      events.push("saved");
    };
    const running = agent.run("go", undefined, { onProgress, signal: abort.signal });
    await expect(running.finally(() => events.push("rejected"))).rejects.toBe(reason);
    expect(events).toEqual(["saved", "rejected"]);
    expect(server.bodies).toHaveLength(0);
  });
});

test("a result that was there when the run was aborted is still told of", async () => {
  const abort = new AbortController();
  const reason = new Error("left");
  const both = Promise.withResolvers<void>();
  const first = defineTool({ name: "first", run: () => "1" });
  const second = defineTool({ name: "second", run: async () => both.promise });
  const third = defineTool({ name: "third", run: async () => new Promise(() => {}) });
  const server = await startWireServer(
    completion(calling(["1", "first", ""], ["2", "second", ""], ["3", "third", ""])),
  );
  const results: string[][] = [];
  const onProgress = async (snapshot: { serializeText(): string }): Promise<void> => {
    const { messages } = JSON.parse(snapshot.serializeText()) as { messages: { tool_call_id?: string }[] };
    results.push(messages.flatMap(({ tool_call_id: id }) => (id === undefined ? [] : [id])));
    if (results.length !== 3) return;
    // While the first result is saved, the second one comes, and then the user leaves.
    both.resolve();
    await new Promise(setImmediate);
    abort.abort(reason);
  };
  const agent = agentAt(server, [first, second, third]);
  await expect(agent.run("go", undefined, { onProgress, signal: abort.signal })).rejects.toBe(reason);
  expect(results).toEqual([[], [], ["1"], ["1", "2"]]);
});

describe("a snapshot is resumed in another process", () => {
  /** Runs until the `stop`th snapshot, as if the process died behind it, and gives that snapshot. */
  async function runUntil(stop: number, agent: ChatAgent): Promise<string> {
    let text = "";
    let count = 0;
    const death = new Error("killed");
    const onProgress = async (snapshot: { serializeText(): string }): Promise<void> => {
      text = snapshot.serializeText();
      count += 1;
      if (count === stop) throw death;
    };
    await expect(agent.run("go", undefined, { onProgress })).rejects.toBe(death);
    return text;
  }

  test.each([1, 2, 3])("from snapshot %i, without calling a finished tool again", async (stop) => {
    const runs: string[] = [];
    const tool = defineTool({
      name: "count",
      run: (_args, { operationId }) => {
        runs.push(operationId);
        return "C";
      },
    });
    const call = completion(calling(["1", "count", ""]), { usage });
    const answers = stop === 1 ? [call, done] : [call, done];
    const server = await startWireServer(...answers);
    const saved = await runUntil(stop, agentAt(server, [tool]));
    const runsBefore = runs.length;
    expect(runsBefore).toBe(stop === 3 ? 1 : 0);

    const agent = agentAt(server, [tool]);
    const thread = await agent.deserializeThread(saved);
    expect(thread.openTurn).toMatchObject({ approvals: [] });
    const turn = thread.openTurn?.id ?? "";
    const result = await agent.resume(thread);
    expect(result).toMatchObject({ status: "completed", text: "done", usage: { total_tokens: 4 } });
    expect(runs).toEqual([`${turn}.1.0`]);
    expect(thread.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
    expect(server.bodies).toHaveLength(2);
  });

  test("a call that had perhaps begun is run again under its id, or reported, as its tool wants", async () => {
    const ids: string[] = [];
    const started = defineTool({
      name: "again",
      run: (_args, { operationId }) => {
        ids.push(operationId);
        return "again";
      },
    });
    const once = defineTool({
      name: "once",
      interrupted: "report",
      run: (_args, { operationId }) => {
        ids.push(operationId);
        return "once";
      },
    });
    const server = await startWireServer(completion(calling(["a", "again", ""], ["b", "once", ""])), done);
    const saved = await runUntil(2, agentAt(server, [started, once]));
    const agent = agentAt(server, [started, once]);
    const thread = await agent.deserializeThread(saved);
    await agent.resume(thread);
    expect(ids).toEqual([`${(JSON.parse(saved) as { turn: { id: string } }).turn.id}.1.0`]);
    expect(thread.messages.slice(2, 4)).toEqual([
      { role: "tool", tool_call_id: "a", content: "again" },
      {
        role: "tool",
        tool_call_id: "b",
        content: expect.stringContaining("its outcome is not known") as string,
      },
    ]);
  });

  test("a call whose tool is gone is TOOL_MISSING, and nothing runs", async () => {
    const server = await startWireServer(completion(calling(["a", "old", ""], ["b", "kept", ""])), done);
    let runs = 0;
    const old = defineTool({ name: "old", run: () => 1 });
    const kept = defineTool({ name: "kept", run: () => (runs += 1) });
    const saved = await runUntil(2, agentAt(server, [old, kept]));
    const agent = agentAt(server, [kept]);
    const thread = await agent.deserializeThread(saved);
    await expect(agent.resume(thread)).rejects.toMatchObject({
      code: "TOOL_MISSING",
      path: "$.messages[1].tool_calls",
    });
    expect(runs).toBe(0);
    expect(thread.serializeText()).toBe(saved);
  });
});
