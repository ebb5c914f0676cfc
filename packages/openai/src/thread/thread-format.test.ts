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

/** A thread as it should be, around `messages`. */
function threadOf(messages: unknown, rest: object = {}): object {
  return { format: "threadstore.thread", version: 1, kind: "chat", agent: "Assistant", ...rest, messages };
}

async function refusal(thread: unknown, options?: DeserializeOptions): Promise<AgentError> {
  const error: unknown = await agent.deserializeThread(thread as string, options).catch((e: unknown) => e);
  if (!AgentError.is(error)) throw new Error("not refused", { cause: error });
  return error;
}

describe("a serialized thread", () => {
  test.each(readdirSync(goldenFolder))("golden file %s is read, and nothing of it is lost", async (name) => {
    const text = readFileSync(new URL(name, goldenFolder), "utf8");
    const thread = await agent.deserializeThread(text);
    const { messages } = JSON.parse(text) as { messages: unknown[] };
    expect(thread.messages).toEqual(messages);
    // As text, so that the order of members counts, and __proto__ does.
    const compact = JSON.stringify(JSON.parse(text));
    expect(JSON.stringify(await thread.serialize())).toBe(compact);
    expect(JSON.stringify(thread)).toBe(compact);
    expect(thread.serializeText()).toBe(compact);
    const fromObject = await agent.deserializeThread(JSON.parse(text) as StoredThread["thread"]);
    expect(JSON.stringify(fromObject)).toBe(compact);
  });

  test("of a new thread is whole, too", async () => {
    const text = JSON.stringify(await agent.getNewThread().serialize());
    expect(text).toBe(
      '{"format":"threadstore.thread","version":1,"kind":"chat","agent":"Assistant","messages":[]}',
    );
    expect((await agent.deserializeThread(text)).messages).toEqual([]);
  });

  test("is the caller's own, and so is what was deserialized", async () => {
    const loaded = JSON.parse(golden) as { messages: { content: string }[]; added_by_somebody_else: object };
    const thread = await agent.deserializeThread(loaded as unknown as StoredThread["thread"]);
    const before = JSON.stringify(thread);
    loaded.messages.length = 1;
    Object.assign(loaded.added_by_somebody_else, { kept: false });
    const copy = (await thread.serialize()) as unknown as typeof loaded;
    copy.messages.push({ content: "mine" });
    Object.assign(copy.messages[0] ?? {}, { content: "mine" });
    Object.assign(copy.added_by_somebody_else, { kept: false });
    expect(JSON.stringify(thread)).toBe(before);
  });

  test("may come from another realm", async () => {
    const foreign = runInNewContext("JSON.parse(text)", { text: golden }) as StoredThread["thread"];
    expect((await agent.deserializeThread(foreign)).messages).toHaveLength(13);
  });
});

describe("an open turn in a serialized thread", () => {
  function read(name: string): string {
    return readFileSync(new URL(name, goldenFolder), "utf8");
  }

  test("tells what waits for approval", async () => {
    const thread = await agent.deserializeThread(read("chat-turn-awaiting-approval-v1.json"));
    expect(thread.openTurn).toEqual({
      id: "0b9d3c9e-5f5c-4d0e-9d57-1f0a2f6f4a11",
      approvals: [{ callId: "call_1", name: "pay", arguments: '{"amount":700}' }],
    });
    const interrupted = await agent.deserializeThread(read("chat-turn-interrupted-v1.json"));
    expect(interrupted.openTurn).toMatchObject({ approvals: [] });
    const complete = await agent.deserializeThread(golden);
    expect(complete.openTurn).toBeUndefined();
  });

  test("is taken up where it was left, with the decisions that are in it", async () => {
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
    const approvals = [{ callId: "call_1", approved: true }];
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

  test("that had only begun asks the model", async () => {
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
    ["is no object", { turn: [] }, "$.turn"],
    ["has no id", { turn: { ...turn, id: "" } }, "$.turn.id"],
    ["has a long id", { turn: { ...turn, id: "x".repeat(37) } }, "$.turn.id"],
    ["has an id for a header", { turn: { ...turn, id: "a\r\nb" } }, "$.turn.id"],
    ["begins nowhere", { turn: { ...turn, start: -1 } }, "$.turn.start"],
    ["begins behind the messages", { turn: { ...turn, start: 3 } }, "$.turn.start"],
    ["has half a round", { turn: { ...turn, rounds: 0.5 } }, "$.turn.rounds"],
    ["has calls before the model answered", { turn: { ...turn, rounds: 0 } }, "$.turn.rounds"],
    ["has usage that is none", { turn: { ...turn, usage: 5 } }, "$.turn.usage"],
    ["has calls that are none", { turn: { ...turn, calls: {} } }, "$.turn.calls"],
    ["has null among its calls", { turn: { ...turn, calls: [null] } }, "$.turn.calls[0]"],
    ["has a call without id", { turn: { ...turn, calls: [{ state: "started" }] } }, "$.turn.calls[0].callId"],
    [
      "has a call in an unknown state",
      { turn: { ...turn, calls: [{ callId: "call_1", state: "running" }] } },
      "$.turn.calls[0].state",
    ],
    [
      "has a reason that is no text",
      { turn: { ...turn, calls: [{ callId: "call_1", state: "denied", reason: 1 }] } },
      "$.turn.calls[0].reason",
    ],
    [
      "names a call that has its result",
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
      "names a call twice",
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
    ["does not name an open call", { turn: { ...turn, calls: [] } }, "$.turn.calls"],
    ["is missing", { turn: undefined }, "$.messages[1].tool_calls"],
    ["is over", { messages: [user, answer], turn: { ...turn, calls: [] } }, "$.turn"],
    [
      "is followed by another message",
      { messages: [user, asking, result, user] },
      "$.messages[1].tool_calls",
    ],
    [
      "has two open calls of one id",
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
    ["has state that is none", { state: [] }, "$.state"],
    ["has a service that is none", { service: "x" }, "$.service"],
  ])("is refused with its path when it %s", async (_name, changed, path) => {
    const error = await refusal({ ...interrupted, ...changed });
    expect(error).toMatchObject({ code: "THREAD_INVALID", path });
  });

  test("is refused with the remedy", async () => {
    const error = await refusal({ ...interrupted, turn: undefined });
    expect(error.message).toContain("repairThread");
  });
});

describe("deserializeThread with a repair", () => {
  const asking = {
    role: "assistant",
    tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }],
  };
  const damaged = threadOf([{ role: "user", content: "x" }, asking]);

  test("mends a damaged thread on the way in, and tells what was done", async () => {
    const changes: unknown[] = [];
    const text = JSON.stringify(damaged);
    const thread = await agent.deserializeThread(text, {
      repair: "synthesize",
      onRepair: (done) => changes.push(...done),
    });
    expect(changes).toMatchObject([{ code: "result-missing" }]);
    expect(thread.messages[2]).toMatchObject({ role: "tool", tool_call_id: "1" });
  });

  test("leaves a whole thread as it is, and may be told to stop at damage", async () => {
    const onRepair = (): never => {
      throw new Error("nothing was wrong");
    };
    const whole = JSON.stringify(
      JSON.parse(readFileSync(new URL("chat-state-v1.json", goldenFolder), "utf8")),
    );
    const thread = await agent.deserializeThread(whole, { repair: "synthesize", onRepair });
    expect(thread.serializeText()).toBe(whole);
    expect(await refusal(damaged, { repair: "stop" })).toMatchObject({ code: "THREAD_INVALID" });
  });

  test("still refuses another agent's thread, and what is no thread", async () => {
    expect(await refusal(threadOf([], { agent: "Support" }), { repair: "drop" })).toMatchObject({
      code: "THREAD_MISMATCH",
    });
    expect(await refusal("{", { repair: "drop" })).toMatchObject({ code: "THREAD_INVALID", path: "$" });
    expect(await refusal(undefined, { repair: "drop" })).toMatchObject({ code: "THREAD_INVALID" });
  });
});

describe("deserializeThread refuses", () => {
  const call = { id: "1", type: "function", function: { name: "f", arguments: "{}" } };
  const user = { role: "user", content: "x" };
  let deep: unknown = "x";
  for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "$"],
    ["null", null, "$"],
    ["a list", [], "$"],
    ["an empty text", "", "$"],
    ["a text cut short", golden.slice(0, 700), "$"],
    ["a text that is a string", '"x"', "$"],
    ["an instance of a class", new Map(), "$"],
    ["an object of somebody else", { messages: [] }, "$.format"],
    ["another format", threadOf([], { format: "x" }), "$.format"],
    ["no kind", threadOf([], { kind: undefined }), "$.kind"],
    ["no version", threadOf([], { version: undefined }), "$.version"],
    ["version 0", threadOf([], { version: 0 }), "$.version"],
    ["version 1.5", threadOf([], { version: 1.5 }), "$.version"],
    ["a version in text", threadOf([], { version: "1" }), "$.version"],
    ["no agent", threadOf([], { agent: null }), "$.agent"],
    ["no messages", threadOf(undefined), "$.messages"],
    ["messages that are none", threadOf({ 0: user }), "$.messages"],
    ["null among messages", threadOf([user, null]), "$.messages[1]"],
    ["undefined among messages", threadOf(Array.from({ length: 1 })), "$.messages[0]"],
    ["an unknown role", threadOf([user, user, user, { role: "critic" }]), "$.messages[3].role"],
    ["an inherited name as role", threadOf([{ role: "toString", content: "x" }]), "$.messages[0].role"],
    ["no content", threadOf([{ role: "user" }]), "$.messages[0].content"],
    ["null from the user", threadOf([{ role: "user", content: null }]), "$.messages[0].content"],
    ["a number as content", threadOf([{ role: "assistant", content: 5 }]), "$.messages[0].content"],
    ["a part that is none", threadOf([{ role: "user", content: ["x"] }]), "$.messages[0].content[0]"],
    ["a part without type", threadOf([{ role: "user", content: [{}] }]), "$.messages[0].content[0].type"],
    ["calls that are none", threadOf([{ role: "assistant", tool_calls: {} }]), "$.messages[0].tool_calls"],
    [
      "a call that is none",
      threadOf([{ role: "assistant", tool_calls: [1] }]),
      "$.messages[0].tool_calls[0]",
    ],
    [
      "a call without id",
      threadOf([{ role: "assistant", tool_calls: [{ ...call, id: null }] }]),
      "$.messages[0].tool_calls[0].id",
    ],
    [
      "a call without function",
      threadOf([{ role: "assistant", tool_calls: [{ id: "1", type: "function" }] }]),
      "$.messages[0].tool_calls[0].function",
    ],
    [
      "arguments that are no text",
      threadOf([{ role: "assistant", tool_calls: [{ ...call, function: { name: "f", arguments: {} } }] }]),
      "$.messages[0].tool_calls[0].function.arguments",
    ],
    [
      "a result without its call's id",
      threadOf([{ role: "tool", content: "x" }]),
      "$.messages[0].tool_call_id",
    ],
    ["a result alone", threadOf([user, { role: "tool", tool_call_id: "1", content: "x" }]), "$.messages[1]"],
    [
      "a call at the end",
      threadOf([user, { role: "assistant", tool_calls: [call] }]),
      "$.messages[1].tool_calls",
    ],
    [
      "a call that the user interrupts",
      threadOf([{ role: "assistant", tool_calls: [call] }, user]),
      "$.messages[0].tool_calls",
    ],
    [
      "two results of one call",
      threadOf([
        { role: "assistant", tool_calls: [call] },
        { role: "tool", tool_call_id: "1", content: "x" },
        { role: "tool", tool_call_id: "1", content: "x" },
      ]),
      "$.messages[2]",
    ],
    ["half a character", threadOf([{ role: "user", content: "x\ud83c" }]), "$.messages[0].content"],
    [
      "half a character in JSON text",
      JSON.stringify(threadOf([{ role: "user", content: "\ud83c" }])),
      "$.messages[0].content",
    ],
    ["a date", threadOf([{ ...user, "created at": new Date(0) }]), '$.messages[0]["created at"]'],
    ["a number that is none", threadOf([{ ...user, seed: Number.NaN }]), "$.messages[0].seed"],
  ])("%s, with the path", async (_name, thread, path) => {
    const error = await refusal(thread);
    expect(error).toMatchObject({ code: "THREAD_INVALID", path, retryable: false });
    expect(error.message).not.toContain("x\ud83c");
  });

  test("what is nested too deep to be sent or saved", async () => {
    expect(await refusal(threadOf([{ ...user, deep }]))).toMatchObject({ code: "THREAD_INVALID" });
  });

  test("without quoting the conversation", async () => {
    const error = await refusal('{"messages": [hunter2]}');
    expect(`${error.message} ${String(error.cause)} ${error.stack}`).not.toContain("hunter2");
  });

  test("a thread of another agent, unless told to take it", async () => {
    const thread = threadOf([user], { agent: "Support" });
    expect(await refusal(thread)).toMatchObject({
      code: "THREAD_MISMATCH",
      path: "$.agent",
      message:
        'This thread was saved by agent "Support"; this agent is "Assistant". Deserialize it with that agent, or pass acceptOtherAgent: true.',
    });
    const accepted = await agent.deserializeThread(JSON.stringify(thread), { acceptOtherAgent: true });
    expect(accepted.messages).toEqual([user]);
    expect(await accepted.serialize()).toMatchObject({ agent: "Assistant" });
  });

  test("a thread of another kind, whatever it is told", async () => {
    const error = await refusal(threadOf([], { kind: "responses", version: 3 }), { acceptOtherAgent: true });
    expect(error).toMatchObject({ code: "THREAD_MISMATCH", path: "$.kind" });
    expect(error.message).toContain('kind "responses"; this agent is of kind "chat"');
  });

  test("a thread of a newer format", async () => {
    const error = await refusal(threadOf({ not: "understood" }, { version: 2, agent: { id: 1 } }));
    expect(error).toMatchObject({ code: "THREAD_TOO_NEW", path: "$.version" });
    expect(error.message).toContain("format version 2; this version of @threadstore/openai reads up to 1");
  });

  test("what a store wraps around a thread, and nothing at all, with the remedy", async () => {
    const stored = { id: "pirate", version: "1", json: golden, thread: JSON.parse(golden) as object };
    expect((await refusal(stored)).message).toContain("pass its `thread` member");
    expect((await refusal(undefined)).message).toContain("getNewThread()");
    expect(await agent.deserializeThread(stored.thread as StoredThread["thread"])).toBeDefined();
    expect(await agent.deserializeThread(stored.json)).toBeDefined();
  });
});
