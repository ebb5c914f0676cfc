import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  calls,
  decisionsOn,
  fails,
  hangs,
  says,
  scriptedAgent,
  scriptModel,
  withUsage,
  type ScriptedAgent,
  type ScriptedEvent,
  type ScriptedModel,
} from "../scripted-agent.test-helper.ts";
import type { PendingApproval } from "../thread.ts";
import { defineTool } from "../tools/define-tool.ts";
import type { Tool } from "../tools/tool.ts";

interface Shop {
  readonly paid: { readonly amount: number; readonly operationId: string }[];
  readonly tools: readonly Tool[];
}

/** Tools that need approval for amounts over 10, always, and never. */
function openShop(): Shop {
  const paid: { amount: number; operationId: string }[] = [];
  const pay = defineTool({
    name: "pay",
    parameters: z.object({ amount: z.number() }),
    needsApproval: async ({ amount }) => amount > 10,
    run: ({ amount }, { operationId }) => {
      paid.push({ amount, operationId });
      return `paid ${amount}`;
    },
  });
  const close = defineTool({ name: "close", needsApproval: true, run: () => "closed" });
  const look = defineTool({ name: "look", run: () => "a shop" });
  return { paid, tools: [pay, close, look] };
}

function agentWith(model: ScriptedModel, tools: readonly Tool[]): ScriptedAgent {
  return scriptedAgent(model, { tools });
}

const usage = { total_tokens: 3 };
const fourCalls = withUsage(
  calls(
    ["1", "pay", '{"amount": 20}'],
    ["2", "pay", '{"amount": 5}'],
    ["3", "close", "{}"],
    ["4", "look", ""],
  ),
  usage,
);
const done = says("done", usage);
const anyDigest = expect.stringMatching(/^[\w-]{22}$/u) as string;
const bigPayment = { callId: "1", name: "pay", arguments: '{"amount": 20}', digest: anyDigest };
const closing = { callId: "3", name: "close", arguments: "{}", digest: anyDigest };

describe("calls that need approval", () => {
  test("end the run after the other calls have run, and the thread stores the open turn", async () => {
    const shop = openShop();
    const model = scriptModel(fourCalls);
    const agent = agentWith(model, shop.tools);
    const result = await agent.run("go");
    expect(result).toMatchObject({
      status: "approval-needed",
      approvals: [bigPayment, closing],
      text: "",
      usage,
    });
    expect(result.messages.slice(2)).toEqual([
      { role: "tool", tool_call_id: "2", content: "paid 5" },
      { role: "tool", tool_call_id: "4", content: "a shop" },
    ]);
    const { thread } = result;
    expect(thread.messages).toEqual(result.messages);
    expect(thread.openTurn?.approvals).toEqual([bigPayment, closing]);
    expect(shop.paid.map(({ amount }) => amount)).toEqual([5]);
    expect(await thread.serialize()).toMatchObject({
      turn: {
        id: thread.openTurn?.id,
        start: 0,
        rounds: 1,
        usage,
        calls: [
          { callId: "1", state: "approval-needed" },
          { callId: "3", state: "approval-needed" },
        ],
      },
    });
    expect(model.requests).toHaveLength(1);
  });

  test("can be decided in another process, which runs exactly the approved calls", async () => {
    const shop = openShop();
    const model = scriptModel(fourCalls, done);
    const first = await agentWith(model, shop.tools).run("go");
    const saved = JSON.stringify(first.thread);

    const agent = agentWith(model, shop.tools);
    const thread = await agent.deserializeThread(saved);
    expect(thread.openTurn).toEqual(first.thread.openTurn);
    const approvals = decisionsOn(thread, { 3: "we are open", 1: true });
    const result = await agent.resume(thread, { approvals });
    expect(result).toMatchObject({
      status: "completed",
      approvals: [],
      text: "done",
      usage: { total_tokens: 6 },
    });
    expect(result.messages).toEqual([
      { role: "tool", tool_call_id: "1", content: "paid 20" },
      { role: "tool", tool_call_id: "3", content: "This call was not approved: we are open" },
      { role: "assistant", content: "done" },
    ]);
    expect(thread.openTurn).toBeUndefined();
    expect(await thread.serialize()).not.toHaveProperty("turn");
    expect(thread.messages).toHaveLength(7);
    expect(model.requests[1]?.messages).toEqual(thread.messages.slice(0, 6));
    expect(shop.paid.map(({ amount }) => amount)).toEqual([5, 20]);
    // The beginning that was saved with the open turn is unchanged.
    expect(JSON.stringify(thread).startsWith(saved.slice(0, saved.indexOf('],"turn"')))).toBe(true);
  });

  test("can be decided one at a time, while the others continue to wait", async () => {
    const shop = openShop();
    const model = scriptModel(fourCalls, done);
    const agent = agentWith(model, shop.tools);
    const { thread } = await agent.run("go");
    const second = await agent.resume(thread, { approvals: decisionsOn(thread, { 1: true }) });
    expect(second).toMatchObject({ status: "approval-needed", approvals: [closing], text: "" });
    expect(second.messages).toEqual([{ role: "tool", tool_call_id: "1", content: "paid 20" }]);
    expect(await agent.resume(thread)).toMatchObject({
      status: "approval-needed",
      approvals: [closing],
      messages: [],
    });
    expect(model.requests).toHaveLength(1);
    const loaded = await agent.deserializeThread(await thread.serialize());
    const last = await agent.resume(loaded, { approvals: decisionsOn(loaded, { 3: false }) });
    expect(last.status).toBe("completed");
    expect(loaded.messages[5]).toMatchObject({ content: "This call was not approved." });
    expect(shop.paid).toHaveLength(2);
  });

  test("wait again in a later response of the turn, and each call has its own operation id", async () => {
    const shop = openShop();
    const ask = calls(["1", "pay", '{"amount":11}'], ["0", "pay", '{"amount":1}']);
    const model = scriptModel(ask, ask, done);
    const agent = agentWith(model, shop.tools);
    const { thread } = await agent.run("go");
    const turn = thread.openTurn;
    const first = await agent.resume(thread, { approvals: decisionsOn(thread, { 1: true }) });
    expect(first.status).toBe("approval-needed");
    expect(thread.openTurn?.id).toBe(turn?.id);
    const second = await agent.resume(thread, { approvals: decisionsOn(thread, { 1: true }) });
    expect(second.status).toBe("completed");
    const ids = shop.paid.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[!-~]{1,60}$/);
  });

  test("count towards maxToolRounds across processes", async () => {
    const shop = openShop();
    const ask = calls(["1", "close", ""]);
    const model = scriptModel(ask, ask, done);
    const { tools } = shop;
    const agent = scriptedAgent(model, { tools, maxToolRounds: 1 });
    const { thread } = await agent.run("go");
    const loaded = await agent.deserializeThread(JSON.stringify(thread));
    const approvals = decisionsOn(loaded, { 1: true });
    await expect(agent.resume(loaded, { approvals })).rejects.toMatchObject({ code: "TOO_MANY_TOOL_ROUNDS" });
    expect(loaded.messages.at(-1)).toEqual({ role: "tool", tool_call_id: "1", content: "closed" });
  });

  test.each<[string, Pick<Parameters<typeof defineTool>[0], "parameters">]>([
    ["a JSON Schema", { parameters: { type: "object" } }],
    ["a Standard Schema", { parameters: z.looseObject({}) as never }],
  ])(
    "run with the arguments that were shown, although needsApproval changes them: %s",
    async (_name, schema) => {
      const paid: unknown[] = [];
      const pay = defineTool<{ amount: number; to: { name: string } }>({
        ...(schema as object),
        name: "pay",
        needsApproval: (args) => {
          args.amount += 1000;
          args.to.name = "Eve";
          return args.amount > 1015;
        },
        run: (args) => (paid.push(structuredClone(args)), "paid"),
      });
      const args = (amount: number): string => JSON.stringify({ amount, to: { name: "Ann" } });
      const model = scriptModel(calls(["1", "pay", args(5)], ["2", "pay", args(20)]), done);
      const agent = agentWith(model, [pay]);
      const { thread, approvals } = await agent.run("go");
      expect(approvals.map((call) => call.arguments)).toEqual([args(20)]);
      await agent.resume(thread, { approvals: decisionsOn(thread, { 2: true }) });
      expect(paid).toEqual([5, 20].map((amount) => ({ amount, to: { name: "Ann" } })));
    },
  );

  test("do not run if needsApproval itself throws", async () => {
    let runs = 0;
    const tool = defineTool({
      name: "pay",
      needsApproval: () => {
        throw new Error("no connection");
      },
      run: () => (runs += 1),
    });
    const model = scriptModel(calls(["1", "pay", ""]), done);
    const { thread } = await agentWith(model, [tool]).run("go");
    expect(thread.messages[2]).toMatchObject({ content: "Tool failed: no connection" });
    expect(runs).toBe(0);
  });

  test("emit events, and so does the resumed run", async () => {
    const shop = openShop();
    const model = scriptModel(calls(["1", "close", "{}"]), says("done"));
    const agent = agentWith(model, shop.tools);
    const stream = agent.runStream("go");
    const events: ScriptedEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(["message", "approval-needed"]);
    const { thread } = await stream.result;
    const resumed = agent.resumeStream(thread, { approvals: decisionsOn(thread, { 1: true }) });
    const types: string[] = [];
    for await (const { type } of resumed) types.push(type);
    expect(types).toEqual(["tool-call", "tool-result", "message", "text", "message"]);
    expect((await resumed.result).text).toBe("done");
  });
});

describe("an open turn", () => {
  test("must be resumed before the next run", async () => {
    const shop = openShop();
    const model = scriptModel(calls(["1", "close", ""]));
    const agent = agentWith(model, shop.tools);
    const { thread } = await agent.run("go");
    const before = JSON.stringify(thread);
    await expect(agent.run("and?", thread)).rejects.toMatchObject({
      code: "TURN_OPEN",
      message: expect.stringMatching(/resume.*abandon/) as string,
    });
    expect(JSON.stringify(thread)).toBe(before);
  });

  test("is required by resume", async () => {
    const model = scriptModel();
    const agent = agentWith(model, []);
    await expect(agent.resume(agent.getNewThread())).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path: "thread",
    });
  });

  test.each<[string, (waiting: PendingApproval) => unknown, string]>([
    ["an object instead of an array", (waiting) => ({ ...waiting, approved: true }), "approvals"],
    ["null", () => [null], "approvals[0]"],
    ["a missing call id", ({ digest }) => [{ digest, approved: true }], "approvals[0].callId"],
    ["a missing digest", () => [{ callId: "1", approved: true }], "approvals[0].digest"],
    ["a missing decision", (waiting) => [waiting], "approvals[0].approved"],
    [
      "a decision that is no boolean",
      (waiting) => [{ ...waiting, approved: "yes" }],
      "approvals[0].approved",
    ],
    [
      "a reason that is not a string",
      (waiting) => [{ ...waiting, approved: false, reason: 1 }],
      "approvals[0].reason",
    ],
    [
      "two decisions on one call",
      (waiting) => [
        { ...waiting, approved: true },
        { ...waiting, approved: false },
      ],
      "approvals[1]",
    ],
  ])("rejects approvals with %s", async (_name, decide, path) => {
    const shop = openShop();
    const model = scriptModel(calls(["1", "close", ""]));
    const agent = agentWith(model, shop.tools);
    const { thread } = await agent.run("go");
    const before = JSON.stringify(thread);
    const [waiting] = thread.openTurn?.approvals ?? [];
    const approvals = decide(waiting as PendingApproval) as [];
    await expect(agent.resume(thread, { approvals })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path,
    });
    expect(JSON.stringify(thread)).toBe(before);
  });

  test("rejects a decision on anything but what was shown with APPROVAL_STALE", async () => {
    const shop = openShop();
    const model = scriptModel(
      calls(["1", "pay", '{"amount": 20}']),
      says("denied"),
      calls(["1", "pay", '{"amount": 1000}']),
      // The same call, in the next response of the turn.
      calls(["1", "pay", '{"amount": 1000}']),
    );
    const agent = agentWith(model, shop.tools);
    const { thread } = await agent.run("pay 20");
    const ofFirstTurn = decisionsOn(thread, { 1: true });
    await agent.resume(thread, { approvals: decisionsOn(thread, { 1: false }) });
    const isStale = { code: "APPROVAL_STALE", path: "approvals[0]" };
    await expect(agent.resume(thread, { approvals: ofFirstTurn })).rejects.toMatchObject(isStale);

    await agent.run("pay 1000", thread);
    const ofSecondTurn = decisionsOn(thread, { 1: true });
    const edited = [
      { arguments: '{"amount": 1}' },
      { name: "close" },
      { kind: "shell_call" },
      { callId: "2" },
    ];
    const forged = [
      ofFirstTurn,
      decisionsOn(thread, { 2: true }),
      ...edited.map((members) => [{ ...ofSecondTurn[0], ...members }]),
    ];
    for (const approvals of forged) {
      await expect(agent.resume(thread, { approvals: approvals as [] })).rejects.toMatchObject(isStale);
    }
    const [shown] = thread.openTurn?.approvals ?? [];
    const repeated = ofSecondTurn.map((decision) => ({ ...shown, ...decision }));
    await agent.resume(thread, { approvals: repeated });
    expect(shop.paid.map(({ amount }) => amount)).toEqual([1000]);
    await expect(agent.resume(thread, { approvals: ofSecondTurn })).rejects.toMatchObject(isStale);
    expect(shop.paid).toHaveLength(1);
  });

  test("rejects a second decision on a call with APPROVAL_DECIDED", async () => {
    const shop = openShop();
    const agent = agentWith(scriptModel(calls(["1", "close", ""])), shop.tools);
    const { thread } = await agent.run("go");
    const approvals = decisionsOn(thread, { 1: true });
    // Another process has begun to run the call.
    const snapshots: string[] = [];
    const onProgress = async (snapshot: object): Promise<void> =>
      void snapshots.push(JSON.stringify(snapshot));
    await agent.resume(thread, { approvals, onProgress }).catch(() => undefined);
    const claimed = await agent.deserializeThread(snapshots[0] ?? "");
    await expect(agent.resume(claimed, { approvals })).rejects.toMatchObject({
      code: "APPROVAL_DECIDED",
      path: "approvals[0]",
    });
  });

  test("rejects with TOOL_MISSING for an approved call of a removed tool, but a denied call needs no tool", async () => {
    const shop = openShop();
    const model = scriptModel(calls(["1", "close", ""]), done);
    const { thread } = await agentWith(model, shop.tools).run("go");
    const saved = JSON.stringify(thread);
    const agent = agentWith(model, []);
    const loaded = await agent.deserializeThread(saved);
    await expect(agent.resume(loaded, { approvals: decisionsOn(loaded, { 1: true }) })).rejects.toMatchObject(
      {
        code: "TOOL_MISSING",
        path: "$.messages[1].tool_calls",
        message: expect.stringContaining('"close"') as string,
      },
    );
    expect(JSON.stringify(loaded)).toBe(saved);
    const denied = await agent.resume(loaded, { approvals: decisionsOn(loaded, { 1: false }) });
    expect(denied.status).toBe("completed");
  });

  test("is unchanged if the resumed run fails before a tool has run, and can be resumed again", async () => {
    const shop = openShop();
    const model = scriptModel(calls(["1", "close", ""]), fails, done);
    const agent = agentWith(model, shop.tools);
    const { thread } = await agent.run("go");
    const before = JSON.stringify(thread);
    const approvals = decisionsOn(thread, { 1: "The shop stays open." });
    await expect(agent.resume(thread, { approvals })).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(JSON.stringify(thread)).toBe(before);
    expect((await agent.resume(thread, { approvals })).text).toBe("done");
  });
});

describe("an approved call does not run twice, although no store has its claim,", () => {
  interface Closing {
    readonly agent: ScriptedAgent;
    readonly thread: Awaited<ReturnType<ScriptedAgent["run"]>>["thread"];
    /** How often the tool ran. */
    readonly runs: () => number;
  }

  async function askToClose(
    model: ScriptedModel,
    run = async (): Promise<string> => "closed",
  ): Promise<Closing> {
    let count = 0;
    const close = defineTool({ name: "close", needsApproval: true, run: () => ((count += 1), run()) });
    const wait = defineTool({ name: "wait", needsApproval: true, run: () => "waited" });
    const agent = agentWith(model, [close, wait]);
    return { agent, thread: (await agent.run("go")).thread, runs: () => count };
  }

  const close = calls(["1", "close", ""]);

  test.each([1, 3])("if the model fails after it: %i times", async (times) => {
    const model = scriptModel(close, ...Array.from({ length: times }, () => fails), done);
    const { agent, thread, runs } = await askToClose(model);
    const approvals = decisionsOn(thread, { 1: true });
    await expect(agent.resume(thread, { approvals })).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    await expect(agent.resume(thread, { approvals })).rejects.toMatchObject({ code: "APPROVAL_STALE" });
    const loaded = await agent.deserializeThread(JSON.stringify(thread));
    for (let failure = 1; failure < times; failure += 1) {
      await expect(agent.resume(loaded)).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    }
    expect((await agent.resume(loaded)).text).toBe("done");
    expect(loaded.messages).toContainEqual({ role: "tool", tool_call_id: "1", content: "closed" });
    expect(runs()).toBe(1);
  });

  test("if the caller leaves the loop over the stream", async () => {
    const { agent, thread, runs } = await askToClose(scriptModel(close, hangs("do"), done));
    const approvals = decisionsOn(thread, { 1: true });
    for await (const { type } of agent.resumeStream(thread, { approvals })) if (type === "text") break;
    expect((await agent.resume(thread)).text).toBe("done");
    expect(runs()).toBe(1);
  });

  test("if the caller aborts while it runs: the model is told that its outcome is unknown", async () => {
    const abort = new AbortController();
    const hang = async (): Promise<string> => {
      abort.abort("stop");
      return new Promise(() => {});
    };
    const { agent, thread, runs } = await askToClose(scriptModel(close, done), hang);
    const approvals = decisionsOn(thread, { 1: true });
    await expect(agent.resume(thread, { approvals, signal: abort.signal })).rejects.toBe("stop");
    await expect(agent.resume(thread, { approvals })).rejects.toMatchObject({ code: "APPROVAL_DECIDED" });
    expect((await agent.resume(thread)).text).toBe("done");
    expect(JSON.stringify(thread.messages)).toContain("it is unknown whether it took effect");
    expect(runs()).toBe(1);
  });

  test("if another call still waits", async () => {
    const abort = new AbortController();
    const stop = async (): Promise<string> => (abort.abort("stop"), "closed");
    const both = calls(["1", "close", ""], ["2", "wait", ""]);
    const { agent, thread, runs } = await askToClose(scriptModel(both, done), stop);
    const approvals = decisionsOn(thread, { 1: true });
    await expect(agent.resume(thread, { approvals, signal: abort.signal })).rejects.toBe("stop");
    expect(thread.openTurn?.approvals.map(({ callId }) => callId)).toEqual(["2"]);
    expect((await agent.resume(thread, { approvals: decisionsOn(thread, { 2: true }) })).text).toBe("done");
    expect(runs()).toBe(1);
  });

  test("unless its tool may run again", async () => {
    const abort = new AbortController();
    let runs = 0;
    const run = async (): Promise<string> => {
      runs += 1;
      if (runs > 1) return "closed";
      abort.abort("stop");
      return new Promise(() => {});
    };
    const tool = defineTool({ name: "close", needsApproval: true, interrupted: "rerun", run });
    const agent = agentWith(scriptModel(close, done), [tool]);
    const { thread } = await agent.run("go");
    const approvals = decisionsOn(thread, { 1: true });
    await expect(agent.resume(thread, { approvals, signal: abort.signal })).rejects.toBe("stop");
    expect((await agent.resume(thread)).text).toBe("done");
    expect(runs).toBe(2);
  });

  test("if a run fails in a later round", async () => {
    const { agent, thread, runs } = await askToClose(
      scriptModel(close, calls(["2", "look", ""]), fails, done),
    );
    const approvals = decisionsOn(thread, { 1: true });
    await expect(agent.resume(thread, { approvals })).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect((await agent.resume(thread)).text).toBe("done");
    expect(runs()).toBe(1);
  });
});

test("aborting a resumed turn while needsApproval decides leaves the thread unchanged", async () => {
  const abort = new AbortController();
  const pay = defineTool({
    name: "pay",
    needsApproval: async () => {
      abort.abort("stop");
      return new Promise<boolean>(() => {});
    },
    run: () => "paid",
  });
  const ask = defineTool({ name: "ask", needsApproval: true, run: () => "asked" });
  const agent = agentWith(scriptModel(calls(["1", "ask", ""]), calls(["2", "pay", ""]), done), [ask, pay]);
  const { thread } = await agent.run("go");
  const before = JSON.stringify(thread);
  const approvals = decisionsOn(thread, { 1: "no" });
  await expect(agent.resume(thread, { approvals, signal: abort.signal })).rejects.toBe("stop");
  expect(JSON.stringify(thread)).toBe(before);
});

describe("a call that was interrupted", () => {
  interface Interrupted {
    /** The thread as it was saved before the call ran. */
    readonly saved: string;
    readonly ran: string[];
    readonly agentFor: (options: object) => ScriptedAgent;
  }

  /** Interrupts a call of a tool with these options, after an approval if the tool asks for one. */
  async function interruptCall(options: object): Promise<Interrupted> {
    const ran: string[] = [];
    const agentFor = (each: object): ScriptedAgent => {
      const run = (_args: unknown, { operationId }: { readonly operationId: string }): string => {
        ran.push(operationId);
        return "paid";
      };
      return agentWith(scriptModel(done), [defineTool({ name: "pay", run, ...each })]);
    };
    const first = agentWith(scriptModel(calls(["1", "pay", "{}"]), done), [
      defineTool({ name: "pay", run: () => "paid", ...options }),
    ]);
    let saved = "";
    const onProgress = async (snapshot: object): Promise<void> => {
      const text = JSON.stringify(snapshot);
      if (text.includes('"started"')) saved = text;
    };
    const { thread, approvals } = await first.run("go", undefined, { onProgress });
    if (approvals.length > 0) {
      await first.resume(thread, { approvals: decisionsOn(thread, { 1: true }), onProgress });
    }
    return { saved, ran, agentFor };
  }

  const rerun = { interrupted: "rerun" };
  const asks = { ...rerun, needsApproval: true };

  test.each<[string, object]>([
    ["always", asks],
    ["for these arguments", { ...rerun, needsApproval: async () => true }],
  ])("waits if its tool needs approval since then: %s", async (_name, options) => {
    const { saved, ran, agentFor } = await interruptCall({});
    const agent = agentFor(options);
    const thread = await agent.deserializeThread(saved);
    const waiting = await agent.resume(thread);
    expect(waiting).toMatchObject({ status: "approval-needed", approvals: [{ callId: "1" }] });
    expect(ran).toEqual([]);
    const loaded = await agent.deserializeThread(JSON.stringify(thread));
    expect((await agent.resume(loaded)).status).toBe("approval-needed");
    const last = await agent.resume(loaded, { approvals: decisionsOn(loaded, { 1: true }) });
    expect(last.status).toBe("completed");
    expect(ran).toHaveLength(1);
  });

  test.each<[string, object, object]>([
    ["was approved", asks, asks],
    ["was approved, although its tool asks differently now", asks, { ...asks, needsApproval: () => true }],
    ["does not need approval any more", asks, rerun],
    ["never needed approval", rerun, rerun],
    ["does not need approval for these arguments", {}, { ...rerun, needsApproval: () => false }],
  ])("runs again without another approval if it %s", async (_name, before, after_) => {
    const { saved, ran, agentFor } = await interruptCall(before);
    const agent = agentFor(after_);
    const thread = await agent.deserializeThread(saved);
    expect((await agent.resume(thread)).status).toBe("completed");
    expect(ran).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ["text", "true"],
    ["1", 1],
    ["false", false],
    ["null", null],
  ])("waits if its record of an approval is damaged: %s", async (_name, approved) => {
    const { saved, ran, agentFor } = await interruptCall(asks);
    expect(saved).toContain('"approved":true');
    const agent = agentFor(asks);
    const damaged = saved.replace('"approved":true', `"approved":${JSON.stringify(approved)}`);
    expect((await agent.resume(await agent.deserializeThread(damaged))).status).toBe("approval-needed");
    expect(ran).toEqual([]);
  });

  test.each<[string, object]>([
    ["by default", { needsApproval: true }],
    [
      "if needsApproval throws",
      {
        ...rerun,
        needsApproval: () => {
          throw new Error("no connection");
        },
      },
    ],
    ["if its arguments are not valid any more", { ...rerun, parameters: z.object({ to: z.string() }) }],
  ])("does not run again, and the model learns that its outcome is unknown, %s", async (_name, options) => {
    const { saved, ran, agentFor } = await interruptCall({});
    const agent = agentFor(options);
    const thread = await agent.deserializeThread(saved);
    expect((await agent.resume(thread)).status).toBe("completed");
    expect(thread.messages[2]?.content).toMatch(/interrupted, and it is unknown/);
    expect(ran).toEqual([]);
  });
});
