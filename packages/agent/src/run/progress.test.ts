import { describe, expect, test } from "vitest";
import {
  after,
  calls,
  says,
  scriptedAgent,
  scriptModel,
  withUsage,
  type ScriptedAgent,
  type ScriptedModel,
} from "../scripted-agent.test-helper.ts";
import type { ThreadSnapshot } from "../thread.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { Tool } from "../tools/tool.ts";

function agentWith(model: ScriptedModel, tools: readonly Tool[]): ScriptedAgent {
  return scriptedAgent(model, { tools });
}

const usage = { total_tokens: 2 };
const done = says("done", usage);

/** Summarizes the progress of a snapshot's turn. */
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
  test("receives a snapshot of every step before the next one starts", async () => {
    const release = Promise.withResolvers<void>();
    const steps: string[] = [];
    const slow = defineTool({
      name: "slow",
      run: async () => {
        steps.push("slow starts");
        await release.promise;
        return "S";
      },
    });
    const fast = defineTool({ name: "fast", run: () => "F" });
    const model = scriptModel(
      after(() => steps.push("request sent"), calls(["1", "slow", ""], ["2", "fast", ""], ["3", "none", ""])),
      after(() => steps.push("request sent"), done),
    );
    const snapshots: string[] = [];
    const agent = agentWith(model, [slow, fast]);
    const { thread } = await agent.run("hello", undefined, {
      onProgress: async (snapshot) => {
        await new Promise(setImmediate);
        const text = JSON.stringify(snapshot);
        expect(text).toBe(JSON.stringify(snapshot));
        snapshots.push(text);
        steps.push(`saved ${snapshots.length}`);
        // The slow tool ends when the result of the fast one has been saved.
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
      "request sent",
      "saved 2",
      "slow starts",
      "saved 3",
      "saved 4",
      "request sent",
    ]);
    expect(thread.openTurn).toBeUndefined();
  });

  test("stops the run and its tools if it rejects, and leaves the thread unchanged", async () => {
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
    const model = scriptModel(calls(["1", "patient", ""], ["2", "quick", ""]));
    const agent = agentWith(model, [patient, quick]);
    const thread = agent.getNewThread();
    let reports = 0;
    const onProgress = async (): Promise<void> => {
      reports += 1;
      if (reports === 3) throw failure;
    };
    await expect(agent.run("go", thread, { onProgress })).rejects.toBe(failure);
    expect(await stopped.promise).toBe(failure);
    expect(reports).toBe(3);
    expect(thread.messages).toEqual([]);
    expect(thread.openTurn).toBeUndefined();
    expect(model.requests).toHaveLength(1);
  });

  test("is awaited if the run is aborted, and not called again", async () => {
    const abort = new AbortController();
    const reason = new Error("left");
    const model = scriptModel(done);
    const agent = agentWith(model, []);
    const events: string[] = [];
    const onProgress = async (): Promise<void> => {
      abort.abort(reason);
      await new Promise(setImmediate);
      events.push("saved");
    };
    const running = agent.run("go", undefined, { onProgress, signal: abort.signal });
    await expect(running.finally(() => events.push("rejected"))).rejects.toBe(reason);
    expect(events).toEqual(["saved", "rejected"]);
    expect(model.requests).toHaveLength(0);
  });
});

test("a result that arrived before the run was aborted is still reported", async () => {
  const abort = new AbortController();
  const reason = new Error("left");
  const both = Promise.withResolvers<void>();
  const first = defineTool({ name: "first", run: () => "1" });
  const second = defineTool({ name: "second", run: async () => both.promise });
  const third = defineTool({ name: "third", run: async () => new Promise(() => {}) });
  const model = scriptModel(calls(["1", "first", ""], ["2", "second", ""], ["3", "third", ""]));
  const results: string[][] = [];
  const onProgress = async (snapshot: ThreadSnapshot): Promise<void> => {
    const { messages } = JSON.parse(JSON.stringify(snapshot)) as { messages: { tool_call_id?: string }[] };
    results.push(messages.flatMap(({ tool_call_id: id }) => (id === undefined ? [] : [id])));
    if (results.length !== 3) return;
    // The second result arrives while the first is being saved. Then the run is aborted.
    both.resolve();
    await new Promise(setImmediate);
    abort.abort(reason);
  };
  const agent = agentWith(model, [first, second, third]);
  await expect(agent.run("go", undefined, { onProgress, signal: abort.signal })).rejects.toBe(reason);
  expect(results).toEqual([[], [], ["1"], ["1", "2"]]);
});

describe("a snapshot can be resumed in another process", () => {
  /** Runs until the snapshot of number `stop`, as if the process died after it, and returns that snapshot. */
  async function runUntil(stop: number, agent: ScriptedAgent): Promise<string> {
    let text = "";
    let count = 0;
    const death = new Error("killed");
    const onProgress = async (snapshot: ThreadSnapshot): Promise<void> => {
      text = JSON.stringify(snapshot);
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
    const call = withUsage(calls(["1", "count", ""]), usage);
    const model = scriptModel(call, done);
    const saved = await runUntil(stop, agentWith(model, [tool]));
    const runsBefore = runs.length;
    expect(runsBefore).toBe(stop === 3 ? 1 : 0);

    const agent = agentWith(model, [tool]);
    const thread = await agent.deserializeThread(saved);
    expect(thread.openTurn).toMatchObject({ approvals: [] });
    const turn = thread.openTurn?.id ?? "";
    const result = await agent.resume(thread);
    expect(result).toMatchObject({ status: "completed", text: "done", usage: { total_tokens: 4 } });
    expect(runs).toEqual([`${turn}.1.0`]);
    expect(thread.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
    expect(model.requests).toHaveLength(2);
  });

  test("a call that may have started is run again with its operation id, or reported, as its tool specifies", async () => {
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
    const model = scriptModel(calls(["a", "again", ""], ["b", "once", ""]), done);
    const saved = await runUntil(2, agentWith(model, [started, once]));
    const agent = agentWith(model, [started, once]);
    const thread = await agent.deserializeThread(saved);
    await agent.resume(thread);
    expect(ids).toEqual([`${(JSON.parse(saved) as { turn: { id: string } }).turn.id}.1.0`]);
    expect(thread.messages.slice(2, 4)).toEqual([
      { role: "tool", tool_call_id: "a", content: "again" },
      {
        role: "tool",
        tool_call_id: "b",
        content: expect.stringContaining("it is unknown whether it took effect") as string,
      },
    ]);
  });

  test("a call of a removed tool rejects with TOOL_MISSING, and nothing runs", async () => {
    const model = scriptModel(calls(["a", "old", ""], ["b", "kept", ""]), done);
    let runs = 0;
    const old = defineTool({ name: "old", run: () => 1 });
    const kept = defineTool({ name: "kept", run: () => (runs += 1) });
    const saved = await runUntil(2, agentWith(model, [old, kept]));
    const agent = agentWith(model, [kept]);
    const thread = await agent.deserializeThread(saved);
    await expect(agent.resume(thread)).rejects.toMatchObject({
      code: "TOOL_MISSING",
      path: "$.messages[1].tool_calls",
    });
    expect(runs).toBe(0);
    expect(JSON.stringify(thread)).toBe(saved);
  });
});
