import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createChatAgent, defineTool, type ChatAgent, type ChatEvent, type Tool } from "../index.ts";
import {
  calling,
  clientOf,
  completion,
  deltas,
  startWireServer,
  type WireServer,
} from "../model-server.test-helper.ts";

interface Shop {
  readonly paid: { readonly amount: number; readonly operationId: string }[];
  readonly tools: readonly Tool[];
}

/** A tool that asks above 10, one that always asks, and one that never does. */
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

function agentAt(server: WireServer, tools: readonly Tool[]): ChatAgent {
  return createChatAgent({ client: clientOf(server), model: "m", tools });
}

const usage = { total_tokens: 3 };
const askingForFour = completion(
  calling(
    ["1", "pay", '{"amount": 20}'],
    ["2", "pay", '{"amount": 5}'],
    ["3", "close", "{}"],
    ["4", "look", ""],
  ),
  { usage },
);
const done = completion({ role: "assistant", content: "done" }, { usage });
const bigPayment = { callId: "1", name: "pay", arguments: '{"amount": 20}' };
const closing = { callId: "3", name: "close", arguments: "{}" };

describe("calls that need approval", () => {
  test("end the run when the others have run, and the thread holds the open turn", async () => {
    const shop = openShop();
    const server = await startWireServer(askingForFour);
    const agent = agentAt(server, shop.tools);
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
    expect(server.bodies).toHaveLength(1);
  });

  test("are answered by another process, which runs what was shown and asks the model on", async () => {
    const shop = openShop();
    const server = await startWireServer(askingForFour, done);
    const first = await agentAt(server, shop.tools).run("go");
    const saved = first.thread.serializeText();

    const agent = agentAt(server, shop.tools);
    const thread = await agent.deserializeThread(saved);
    expect(thread.openTurn).toEqual(first.thread.openTurn);
    const approvals = [
      { callId: "3", approved: false, reason: "we are open" },
      { callId: "1", approved: true },
    ];
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
    expect(server.bodies[1]?.["messages"]).toEqual(thread.messages.slice(0, 6));
    expect(shop.paid.map(({ amount }) => amount)).toEqual([5, 20]);
    // What was saved while the turn was open is still the beginning.
    expect(thread.serializeText().startsWith(saved.slice(0, saved.indexOf('],"turn"')))).toBe(true);
  });

  test("may be answered one after the other; those left go on waiting", async () => {
    const shop = openShop();
    const server = await startWireServer(askingForFour, done);
    const agent = agentAt(server, shop.tools);
    const { thread } = await agent.run("go");
    const second = await agent.resume(thread, { approvals: [{ callId: "1", approved: true }] });
    expect(second).toMatchObject({ status: "approval-needed", approvals: [closing], text: "" });
    expect(second.messages).toEqual([{ role: "tool", tool_call_id: "1", content: "paid 20" }]);
    expect(await agent.resume(thread)).toMatchObject({
      status: "approval-needed",
      approvals: [closing],
      messages: [],
    });
    expect(server.bodies).toHaveLength(1);
    const loaded = await agent.deserializeThread(await thread.serialize());
    const last = await agent.resume(loaded, { approvals: [{ callId: "3", approved: false }] });
    expect(last.status).toBe("completed");
    expect(loaded.messages[5]).toMatchObject({ content: "This call was not approved." });
    expect(shop.paid).toHaveLength(2);
  });

  test("of a later answer in the same turn wait again, and each call has an operation id of its own", async () => {
    const shop = openShop();
    const ask = completion(calling(["1", "pay", '{"amount":11}'], ["0", "pay", '{"amount":1}']));
    const server = await startWireServer(ask, ask, done);
    const agent = agentAt(server, shop.tools);
    const { thread } = await agent.run("go");
    const turn = thread.openTurn;
    const approvals = [{ callId: "1", approved: true }];
    expect((await agent.resume(thread, { approvals })).status).toBe("approval-needed");
    expect(thread.openTurn?.id).toBe(turn?.id);
    expect((await agent.resume(thread, { approvals })).status).toBe("completed");
    const ids = shop.paid.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[!-~]{1,60}$/);
  });

  test("count as rounds across processes", async () => {
    const shop = openShop();
    const ask = completion(calling(["1", "close", ""]));
    const server = await startWireServer(ask, ask, done);
    const { tools } = shop;
    const agent = createChatAgent({ client: clientOf(server), model: "m", tools, maxToolRounds: 1 });
    const { thread } = await agent.run("go");
    const loaded = await agent.deserializeThread(thread.serializeText());
    const before = loaded.serializeText();
    await expect(
      agent.resume(loaded, { approvals: [{ callId: "1", approved: true }] }),
    ).rejects.toMatchObject({ code: "TOO_MANY_TOOL_ROUNDS" });
    expect(loaded.serializeText()).toBe(before);
  });

  test("are never run unasked because the question itself fails", async () => {
    let runs = 0;
    const tool = defineTool({
      name: "pay",
      needsApproval: () => {
        throw new Error("no connection");
      },
      run: () => (runs += 1),
    });
    const server = await startWireServer(completion(calling(["1", "pay", ""])), done);
    const { thread } = await agentAt(server, [tool]).run("go");
    expect(thread.messages[2]).toMatchObject({ content: "Tool failed: no connection" });
    expect(runs).toBe(0);
  });

  test("are told of in a stream, and a resumed one tells of what runs", async () => {
    const shop = openShop();
    const server = await startWireServer(
      deltas(callingDelta("1", "close"), {}),
      deltas({ role: "assistant", content: "done" }),
    );
    const agent = agentAt(server, shop.tools);
    const stream = agent.runStream("go");
    const events: ChatEvent[] = [];
    for await (const event of stream) events.push(event);
    expect(events.map(({ type }) => type)).toEqual(["message", "approval-needed"]);
    const { thread } = await stream.result;
    const resumed = agent.resumeStream(thread, { approvals: [{ callId: "1", approved: true }] });
    const types: string[] = [];
    for await (const { type } of resumed) types.push(type);
    expect(types).toEqual(["tool-call", "tool-result", "message", "text", "message"]);
    expect((await resumed.result).text).toBe("done");
  });
});

describe("an open turn", () => {
  test("must be resumed before the next run", async () => {
    const shop = openShop();
    const server = await startWireServer(completion(calling(["1", "close", ""])));
    const agent = agentAt(server, shop.tools);
    const { thread } = await agent.run("go");
    const before = thread.serializeText();
    await expect(agent.run("and?", thread)).rejects.toMatchObject({
      code: "TURN_OPEN",
      message: expect.stringMatching(/resume.*repairThread/) as string,
    });
    expect(thread.serializeText()).toBe(before);
  });

  test("is needed for a resume", async () => {
    const server = await startWireServer();
    const agent = agentAt(server, []);
    await expect(agent.resume(agent.getNewThread())).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path: "thread",
    });
  });

  test.each<[string, unknown, string]>([
    ["no list", { callId: "1", approved: true }, "approvals"],
    ["null", [null], "approvals[0]"],
    ["an unknown call", [{ callId: "2", approved: true }], "approvals[0]"],
    ["no call", [{ approved: true }], "approvals[0].callId"],
    ["no decision", [{ callId: "1" }], "approvals[0].approved"],
    ["a reason that is no text", [{ callId: "1", approved: false, reason: 1 }], "approvals[0].reason"],
    [
      "two decisions on one call",
      [
        { callId: "1", approved: true },
        { callId: "1", approved: false },
      ],
      "approvals[1]",
    ],
  ])("takes no approvals with %s", async (_name, approvals, path) => {
    const shop = openShop();
    const server = await startWireServer(completion(calling(["1", "close", ""])));
    const agent = agentAt(server, shop.tools);
    const { thread } = await agent.run("go");
    const before = thread.serializeText();
    await expect(agent.resume(thread, { approvals: approvals as [] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      path,
    });
    expect(thread.serializeText()).toBe(before);
  });

  test("with an approved call of a tool that is gone is TOOL_MISSING; a denied one needs no tool", async () => {
    const shop = openShop();
    const server = await startWireServer(completion(calling(["1", "close", ""])), done);
    const { thread } = await agentAt(server, shop.tools).run("go");
    const saved = thread.serializeText();
    const agent = agentAt(server, []);
    const loaded = await agent.deserializeThread(saved);
    await expect(
      agent.resume(loaded, { approvals: [{ callId: "1", approved: true }] }),
    ).rejects.toMatchObject({
      code: "TOOL_MISSING",
      path: "$.messages[1].tool_calls",
      message: expect.stringContaining('"close"') as string,
    });
    expect(loaded.serializeText()).toBe(saved);
    const denied = await agent.resume(loaded, { approvals: [{ callId: "1", approved: false }] });
    expect(denied.status).toBe("completed");
  });

  test("stays as it was when the resumed run fails, and can be resumed again", async () => {
    const shop = openShop();
    const server = await startWireServer(
      completion(calling(["1", "close", ""])),
      (response) => response.writeHead(500).end(),
      done,
    );
    const agent = agentAt(server, shop.tools);
    const { thread } = await agent.run("go");
    const before = thread.serializeText();
    const approvals = [{ callId: "1", approved: true }];
    await expect(agent.resume(thread, { approvals })).rejects.toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(thread.serializeText()).toBe(before);
    expect((await agent.resume(thread, { approvals })).text).toBe("done");
  });
});

describe("a resumed turn that is aborted leaves the thread as it was, to be resumed again", () => {
  test.each(["a question for approval", "a tool", "the model's call"])("during %s", async (moment) => {
    const abort = new AbortController();
    const reason = new Error("the user left");
    let isArmed = true;
    const maybeAbort = async (now: string): Promise<void> => {
      if (now !== moment || !isArmed) return;
      isArmed = false;
      abort.abort(reason);
      await new Promise(() => {});
    };
    const close = defineTool({
      name: "close",
      needsApproval: true,
      run: async () => {
        await maybeAbort("a tool");
        return "closed";
      },
    });
    const pay = defineTool({
      name: "pay",
      needsApproval: async () => {
        await maybeAbort("a question for approval");
        return false;
      },
      run: () => "paid",
    });
    const server = await startWireServer(
      completion(calling(["1", "close", ""])),
      ...(moment === "the model's call" ? [(): void => abort.abort(reason)] : []),
      completion(calling(["2", "pay", ""])),
      ...(moment === "a question for approval" ? [completion(calling(["2", "pay", ""]))] : []),
      done,
    );
    const agent = agentAt(server, [close, pay]);
    const { thread } = await agent.run("go");
    const before = thread.serializeText();
    const approvals = [{ callId: "1", approved: true }];
    await expect(agent.resume(thread, { approvals, signal: abort.signal })).rejects.toBe(reason);
    expect(thread.serializeText()).toBe(before);
    const loaded = await agent.deserializeThread(before);
    expect((await agent.resume(loaded, { approvals })).text).toBe("done");
  });

  test("by breaking off its stream", async () => {
    const shop = openShop();
    const server = await startWireServer(
      completion(calling(["1", "close", ""])),
      deltas({ role: "assistant", content: "do" }, { content: "ne" }),
      done,
    );
    const agent = agentAt(server, shop.tools);
    const { thread } = await agent.run("go");
    const before = thread.serializeText();
    const approvals = [{ callId: "1", approved: true }];
    for await (const { type } of agent.resumeStream(thread, { approvals })) if (type === "text") break;
    expect(thread.serializeText()).toBe(before);
    expect((await agent.resume(thread, { approvals })).status).toBe("completed");
  });
});

function callingDelta(id: string, name: string): object {
  return {
    role: "assistant",
    tool_calls: [{ index: 0, id, type: "function", function: { name, arguments: "{}" } }],
  };
}
