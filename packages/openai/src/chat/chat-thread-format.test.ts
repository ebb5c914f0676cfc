import { readdirSync, readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import type { StoredThread } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import {
  AgentError,
  createChatAgent,
  defineTool,
  type ChatAgent,
  type DeserializeOptions,
} from "../index.ts";
import { clientOf, completion, startWireServer } from "../model-server.test-helper.ts";

const goldenFolder = new URL("../golden/", import.meta.url);
const client = clientOf({ url: "http://127.0.0.1:1" });
const agent: ChatAgent = createChatAgent({ client, model: "m" });
const golden = readFileSync(new URL("chat-thread-v1.json", goldenFolder), "utf8");

/** A valid thread, except possibly for its messages and members. */
function threadOf(messages: unknown, members: object = {}): object {
  return { format: "threadstore.thread", version: 1, kind: "chat", agent: "Assistant", ...members, messages };
}

async function rejectionOf(thread: unknown, options?: DeserializeOptions): Promise<AgentError> {
  const error: unknown = await agent.deserializeThread(thread as string, options).catch((e: unknown) => e);
  if (!AgentError.is(error)) throw new Error("The thread was accepted.", { cause: error });
  return error;
}

describe("a serialized thread", () => {
  test.each(readdirSync(goldenFolder))("of golden file %s is read completely", async (name) => {
    const text = readFileSync(new URL(name, goldenFolder), "utf8");
    const thread = await agent.deserializeThread(text);
    const { messages } = JSON.parse(text) as { messages: unknown[] };
    expect(thread.messages).toEqual(messages);
    // Compares text, so that the order of members and a member called __proto__ count.
    const compact = JSON.stringify(JSON.parse(text));
    expect(JSON.stringify(await thread.serialize())).toBe(compact);
    expect(JSON.stringify(thread)).toBe(compact);
    const fromObject = await agent.deserializeThread(JSON.parse(text) as StoredThread["thread"]);
    expect(JSON.stringify(fromObject)).toBe(compact);
  });

  test("of a new thread is valid", async () => {
    const text = JSON.stringify(await agent.getNewThread().serialize());
    expect(text).toBe(
      '{"format":"threadstore.thread","version":1,"kind":"chat","agent":"Assistant","messages":[]}',
    );
    expect((await agent.deserializeThread(text)).messages).toEqual([]);
  });

  test("does not change with the object that was deserialized", async () => {
    const loaded = JSON.parse(golden) as { messages: { content: string }[]; added_by_somebody_else: object };
    const thread = await agent.deserializeThread(loaded as unknown as StoredThread["thread"]);
    const before = JSON.stringify(thread);
    loaded.messages.length = 1;
    Object.assign(loaded.added_by_somebody_else, { kept: false });
    expect(JSON.stringify(thread)).toBe(before);
  });

  test("may be an object of another realm", async () => {
    const foreign = runInNewContext("JSON.parse(text)", { text: golden }) as StoredThread["thread"];
    expect((await agent.deserializeThread(foreign)).messages).toHaveLength(13);
  });
});

describe("an open turn in a serialized thread", () => {
  function read(name: string): string {
    return readFileSync(new URL(name, goldenFolder), "utf8");
  }

  test("contains the calls that wait for approval", async () => {
    const thread = await agent.deserializeThread(read("chat-turn-awaiting-approval-v1.json"));
    expect(thread.openTurn).toMatchObject({
      state: "waiting",
      attempts: 0,
      id: "0b9d3c9e-5f5c-4d0e-9d57-1f0a2f6f4a11",
      approvals: [
        {
          callId: "call_1",
          name: "pay",
          arguments: '{"amount":700}',
          // A decision can arrive in a later release than the one that showed the call, so this never changes.
          digest: "vRryxVQoZigXk1mmnOL9bE",
        },
      ],
    });
    const interrupted = await agent.deserializeThread(read("chat-turn-interrupted-v1.json"));
    expect(interrupted.openTurn).toMatchObject({ approvals: [] });
    const complete = await agent.deserializeThread(golden);
    expect(complete.openTurn).toBeUndefined();
  });

  test("is resumed with the decisions that it contains", async () => {
    const server = await startWireServer(completion({ role: "assistant", content: "done" }));
    const paid: unknown[] = [];
    const pay = defineTool({
      name: "pay",
      needsApproval: true,
      run: ({ amount }, { operationId }) => {
        paid.push([amount, operationId]);
        return "paid";
      },
    });
    const payer = createChatAgent({ client: clientOf(server), model: "m", tools: [pay] });
    const thread = await payer.deserializeThread(read("chat-turn-awaiting-approval-v1.json"));
    const waiting = await payer.resume(thread);
    expect(waiting.status).toBe("approval-needed");
    expect(paid).toEqual([[90, "0b9d3c9e-5f5c-4d0e-9d57-1f0a2f6f4a11.1.2"]]);
    const approvals = (thread.openTurn?.approvals ?? []).map((call) => ({ ...call, approved: true }));
    const result = await payer.resume(thread, { approvals });
    expect(paid[1]).toEqual([700, "0b9d3c9e-5f5c-4d0e-9d57-1f0a2f6f4a11.1.0"]);
    expect(result).toMatchObject({
      status: "completed",
      usage: { total_tokens: 15, details: { cached: 1 } },
    });
    const results = thread.messages.slice(4, 8) as { tool_call_id: string; content: string }[];
    expect(results.map(({ tool_call_id: id, content }) => `${id} ${content}`)).toEqual([
      'call_2 {"account":1000}',
      "call_3 paid",
      "call_4 This call was not approved: not the car",
      "call_1 paid",
    ]);
  });

  test("without a response sends a request to the model", async () => {
    const server = await startWireServer(completion({ role: "assistant", content: "ha" }));
    const joker = createChatAgent({ client: clientOf(server), model: "m" });
    const thread = await joker.deserializeThread(read("chat-turn-begun-v1.json"));
    await expect(joker.run("x", thread)).rejects.toMatchObject({ code: "TURN_OPEN" });
    expect((await joker.resume(thread)).messages).toEqual([{ role: "assistant", content: "ha" }]);
    expect(server.bodies[0]?.["messages"]).toHaveLength(3);
  });

  const interrupted = JSON.parse(read("chat-turn-interrupted-v1.json")) as {
    messages: unknown[];
    turn: object;
  };
  const [user, asking, result] = interrupted.messages;
  const { turn } = interrupted;
  const answer = { role: "assistant", content: "ok" };

  test.each<[string, object, string]>([
    ["is not an object", { turn: [] }, "$.turn"],
    ["has an empty id", { turn: { ...turn, id: "" } }, "$.turn.id"],
    ["has an id that is too long", { turn: { ...turn, id: "x".repeat(37) } }, "$.turn.id"],
    ["has an id with a line break", { turn: { ...turn, id: "a\r\nb" } }, "$.turn.id"],
    ["starts at a negative index", { turn: { ...turn, start: -1 } }, "$.turn.start"],
    ["starts after the messages", { turn: { ...turn, start: 3 } }, "$.turn.start"],
    ["has a fractional number of rounds", { turn: { ...turn, rounds: 0.5 } }, "$.turn.rounds"],
    ["has calls before the first response", { turn: { ...turn, rounds: 0 } }, "$.turn.rounds"],
    ["has invalid usage", { turn: { ...turn, usage: 5 } }, "$.turn.usage"],
    ["has calls that are not an array", { turn: { ...turn, calls: {} } }, "$.turn.calls"],
    ["has a call that is null", { turn: { ...turn, calls: [null] } }, "$.turn.calls[0]"],
    [
      "has a call without an id",
      { turn: { ...turn, calls: [{ state: "started" }] } },
      "$.turn.calls[0].callId",
    ],
    [
      "has a call in an unknown state",
      { turn: { ...turn, calls: [{ callId: "call_1", state: "running" }] } },
      "$.turn.calls[0].state",
    ],
    [
      "has a reason that is not a string",
      { turn: { ...turn, calls: [{ callId: "call_1", state: "denied", reason: 1 }] } },
      "$.turn.calls[0].reason",
    ],
    [
      "lists a call that has a result",
      {
        turn: {
          ...turn,
          calls: [
            { callId: "call_1", state: "started" },
            { callId: "call_2", state: "started" },
          ],
        },
      },
      "$.turn.calls[1].callId",
    ],
    [
      "lists a call twice",
      {
        turn: {
          ...turn,
          calls: [
            { callId: "call_1", state: "started" },
            { callId: "call_1", state: "approved" },
          ],
        },
      },
      "$.turn.calls[1].callId",
    ],
    ["does not list an open call", { turn: { ...turn, calls: [] } }, "$.turn.calls"],
    ["is missing", { turn: undefined }, "$.messages[1].tool_calls"],
    ["has nothing left to do", { messages: [user, answer], turn: { ...turn, calls: [] } }, "$.turn"],
    [
      "is followed by another message",
      { messages: [user, asking, result, user] },
      "$.messages[1].tool_calls",
    ],
    [
      "has two open calls with the same id",
      {
        messages: [
          user,
          {
            role: "assistant",
            tool_calls: ["a", "a"].map((id) => ({
              id,
              type: "function",
              function: { name: "f", arguments: "" },
            })),
          },
        ],
      },
      "$.messages[1].tool_calls",
    ],
    ["has invalid state", { state: [] }, "$.state"],
    ["has an invalid service", { service: "x" }, "$.service"],
  ])("is rejected with its path if it %s", async (_name, changed, path) => {
    const error = await rejectionOf({ ...interrupted, ...changed });
    expect(error).toMatchObject({ code: "THREAD_INVALID", path });
  });

  test("is rejected with the remedy", async () => {
    const error = await rejectionOf({ ...interrupted, turn: undefined });
    expect(error.message).toContain("repairThread");
  });
});

describe("deserializeThread with a repair", () => {
  const asking = {
    role: "assistant",
    tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }],
  };
  const corrupt = threadOf([{ role: "user", content: "x" }, asking]);

  test("repairs a corrupt thread and reports the changes", async () => {
    const changes: unknown[] = [];
    const text = JSON.stringify(corrupt);
    const thread = await agent.deserializeThread(text, {
      repair: "synthesize",
      onRepair: (done) => changes.push(...done),
    });
    expect(changes).toMatchObject([{ code: "result-missing" }]);
    expect(thread.messages[2]).toMatchObject({ role: "tool", tool_call_id: "1" });
  });

  test("does not change a valid thread, and rejects a corrupt one if the policy is to stop", async () => {
    const onRepair = (): never => {
      throw new Error("There was nothing to repair.");
    };
    const whole = JSON.stringify(
      JSON.parse(readFileSync(new URL("chat-state-v1.json", goldenFolder), "utf8")),
    );
    const thread = await agent.deserializeThread(whole, { repair: "synthesize", onRepair });
    expect(JSON.stringify(thread)).toBe(whole);
    expect(await rejectionOf(corrupt, { repair: "stop" })).toMatchObject({ code: "THREAD_INVALID" });
  });

  test("still rejects another agent's thread and values that are not threads", async () => {
    expect(await rejectionOf(threadOf([], { agent: "Support" }), { repair: "drop" })).toMatchObject({
      code: "THREAD_MISMATCH",
    });
    expect(await rejectionOf("{", { repair: "drop" })).toMatchObject({ code: "THREAD_INVALID", path: "$" });
    expect(await rejectionOf(undefined, { repair: "drop" })).toMatchObject({ code: "THREAD_INVALID" });
  });
});

describe("deserializeThread rejects", () => {
  const call = { id: "1", type: "function", function: { name: "f", arguments: "{}" } };
  const user = { role: "user", content: "x" };
  let deep: unknown = "x";
  for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];

  test.each<[string, unknown, string]>([
    ["undefined", undefined, "$"],
    ["null", null, "$"],
    ["an array", [], "$"],
    ["an empty string", "", "$"],
    ["truncated text", golden.slice(0, 700), "$"],
    ["the text of a string", '"x"', "$"],
    ["a class instance", new Map(), "$"],
    ["another object", { messages: [] }, "$.format"],
    ["another format", threadOf([], { format: "x" }), "$.format"],
    ["a missing kind", threadOf([], { kind: undefined }), "$.kind"],
    ["a missing version", threadOf([], { version: undefined }), "$.version"],
    ["version 0", threadOf([], { version: 0 }), "$.version"],
    ["version 1.5", threadOf([], { version: 1.5 }), "$.version"],
    ["a version that is a string", threadOf([], { version: "1" }), "$.version"],
    ["a null agent", threadOf([], { agent: null }), "$.agent"],
    ["missing messages", threadOf(undefined), "$.messages"],
    ["messages that are not an array", threadOf({ 0: user }), "$.messages"],
    ["null among messages", threadOf([user, null]), "$.messages[1]"],
    ["undefined among messages", threadOf(Array.from({ length: 1 })), "$.messages[0]"],
    ["an unknown role", threadOf([user, user, user, { role: "critic" }]), "$.messages[3].role"],
    ["an inherited name as role", threadOf([{ role: "toString", content: "x" }]), "$.messages[0].role"],
    ["missing content", threadOf([{ role: "user" }]), "$.messages[0].content"],
    ["null content of the user", threadOf([{ role: "user", content: null }]), "$.messages[0].content"],
    ["a number as content", threadOf([{ role: "assistant", content: 5 }]), "$.messages[0].content"],
    [
      "a part that is not an object",
      threadOf([{ role: "user", content: ["x"] }]),
      "$.messages[0].content[0]",
    ],
    ["a part without a type", threadOf([{ role: "user", content: [{}] }]), "$.messages[0].content[0].type"],
    [
      "calls that are not an array",
      threadOf([{ role: "assistant", tool_calls: {} }]),
      "$.messages[0].tool_calls",
    ],
    [
      "a call that is not an object",
      threadOf([{ role: "assistant", tool_calls: [1] }]),
      "$.messages[0].tool_calls[0]",
    ],
    [
      "a call without an id",
      threadOf([{ role: "assistant", tool_calls: [{ ...call, id: null }] }]),
      "$.messages[0].tool_calls[0].id",
    ],
    [
      "a call without a function",
      threadOf([{ role: "assistant", tool_calls: [{ id: "1", type: "function" }] }]),
      "$.messages[0].tool_calls[0].function",
    ],
    [
      "arguments that are not a string",
      threadOf([{ role: "assistant", tool_calls: [{ ...call, function: { name: "f", arguments: {} } }] }]),
      "$.messages[0].tool_calls[0].function.arguments",
    ],
    [
      "a result without its call's id",
      threadOf([{ role: "tool", content: "x" }]),
      "$.messages[0].tool_call_id",
    ],
    [
      "a result without a call",
      threadOf([user, { role: "tool", tool_call_id: "1", content: "x" }]),
      "$.messages[1]",
    ],
    [
      "a call at the end",
      threadOf([user, { role: "assistant", tool_calls: [call] }]),
      "$.messages[1].tool_calls",
    ],
    [
      "a call before a user message",
      threadOf([{ role: "assistant", tool_calls: [call] }, user]),
      "$.messages[0].tool_calls",
    ],
    [
      "a second result of a call",
      threadOf([
        { role: "assistant", tool_calls: [call] },
        { role: "tool", tool_call_id: "1", content: "x" },
        { role: "tool", tool_call_id: "1", content: "x" },
      ]),
      "$.messages[2]",
    ],
    ["a lone surrogate", threadOf([{ role: "user", content: "x\ud83c" }]), "$.messages[0].content"],
    [
      "a lone surrogate in JSON text",
      JSON.stringify(threadOf([{ role: "user", content: "\ud83c" }])),
      "$.messages[0].content",
    ],
    ["a date", threadOf([{ ...user, "created at": new Date(0) }]), '$.messages[0]["created at"]'],
    ["NaN", threadOf([{ ...user, seed: Number.NaN }]), "$.messages[0].seed"],
  ])("%s, with the path", async (_name, thread, path) => {
    const error = await rejectionOf(thread);
    expect(error).toMatchObject({ code: "THREAD_INVALID", path, retryable: false });
    expect(error.message).not.toContain("x\ud83c");
  });

  test("a thread that is nested too deeply", async () => {
    expect(await rejectionOf(threadOf([{ ...user, deep }]))).toMatchObject({ code: "THREAD_INVALID" });
  });

  test("without quoting the conversation", async () => {
    const error = await rejectionOf('{"messages": [hunter2]}');
    expect(`${error.message} ${String(error.cause)} ${error.stack}`).not.toContain("hunter2");
  });

  test("a thread of another agent, unless acceptOtherAgent is true", async () => {
    const thread = threadOf([user], { agent: "Support" });
    expect(await rejectionOf(thread)).toMatchObject({
      code: "THREAD_MISMATCH",
      path: "$.agent",
      message:
        'Agent "Support" saved this thread, and this agent is "Assistant". Deserialize it with that agent, or pass acceptOtherAgent: true.',
    });
    const accepted = await agent.deserializeThread(JSON.stringify(thread), { acceptOtherAgent: true });
    expect(accepted.messages).toEqual([user]);
    expect(await accepted.serialize()).toMatchObject({ agent: "Assistant" });
  });

  test("a thread of another kind, even if acceptOtherAgent is true", async () => {
    const error = await rejectionOf(threadOf([], { kind: "responses", version: 3 }), {
      acceptOtherAgent: true,
    });
    expect(error).toMatchObject({ code: "THREAD_MISMATCH", path: "$.kind" });
    expect(error.message).toContain('kind "responses" saved this thread, and this agent is of kind "chat"');
  });

  test("a thread of a newer format", async () => {
    const error = await rejectionOf(threadOf({ not: "understood" }, { version: 2, agent: { id: 1 } }));
    expect(error).toMatchObject({ code: "THREAD_TOO_NEW", path: "$.version" });
    expect(error.message).toContain(
      "format version 2, but this release of @threadstore/openai only reads versions up to 1",
    );
  });

  test("a stored thread and undefined, with the remedy", async () => {
    const stored = { id: "pirate", version: "1", json: golden, thread: JSON.parse(golden) as object };
    expect((await rejectionOf(stored)).message).toContain("Pass its `thread` member");
    expect((await rejectionOf(undefined)).message).toContain("getNewThread");
    expect(await agent.deserializeThread(stored.thread as StoredThread["thread"])).toBeDefined();
    expect(await agent.deserializeThread(stored.json)).toBeDefined();
  });
});
