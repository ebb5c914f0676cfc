import { readFileSync } from "node:fs";
import type { DamageCode } from "@threadstore/agent";
import { interruptedResult, readThread, chooseAction } from "@threadstore/agent/provider";
import type { SerializedThread } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { chatThreadKind } from "../chat/chat-thread.ts";
import { damageCodes, type RepairPolicy, checkThread, repairThread } from "../index.ts";
import { answer, asks, call, messagesOf, result, thanks, threadOf, user } from "./threads.test-helper.ts";

const missing = [user, asks(call("c1"))];

describe("a thread to be looked at", () => {
  test("may be text, or what a store gave", () => {
    const thread = threadOf(missing);
    const expected = [{ code: "result-missing", path: "$.messages[1].tool_calls[0]" }];
    expect(checkThread(JSON.stringify(thread))).toMatchObject(expected);
    const { thread: mended } = repairThread(JSON.stringify(thread), "synthesize");
    expect(mended).toEqual(threadOf([...missing, result("c1", interruptedResult)]));
  });

  test.each<[string, unknown, string, string]>([
    ["nothing", undefined, "THREAD_INVALID", "$"],
    ["text cut short", '{"format":"thre', "THREAD_INVALID", "$"],
    ["what a store wraps around a thread", { thread: {}, json: "{}" }, "THREAD_INVALID", "$"],
    ["another format", { ...threadOf([]), format: "x" }, "THREAD_INVALID", "$.format"],
    ["another kind", { ...threadOf([]), kind: "letters" }, "THREAD_INVALID", "$.kind"],
    ["a newer format", { ...threadOf([]), version: 2 }, "THREAD_TOO_NEW", "$.version"],
    ["no messages", { ...threadOf([]), messages: undefined }, "THREAD_INVALID", "$.messages"],
    ["a date", threadOf([{ ...user, at: new Date(0) }]), "THREAD_INVALID", "$.messages[0].at"],
  ])("is refused if it is none: %s", (_name, value, code, path) => {
    const thread = value as SerializedThread;
    const refusal = expect.objectContaining({ code, path }) as Error;
    expect(() => checkThread(thread)).toThrow(refusal);
    expect(() => repairThread(thread, "synthesize")).toThrow(refusal);
  });

  test("does not come into what is said of it", () => {
    const secret = "hunter2";
    const thread = threadOf([
      { role: secret, content: secret },
      asks(call(secret, secret, secret), call(secret, secret, secret)),
      result(secret, secret),
      result(`${secret}3`, secret),
    ]);
    const said = [checkThread(thread, { tools: [] }), repairThread(thread, "drop", { tools: [] }).changes];
    expect(JSON.stringify(said)).not.toContain(secret);
    expect(() => repairThread(thread, "stop")).toThrow(/^(?!.*hunter2).*role-unknown/);
  });
});

describe("a policy", () => {
  test.each<[string, unknown, string]>([
    ["none", undefined, "policy"],
    ["an unknown one", "mend", "policy"],
    ["of an unknown kind of damage", { toString: "drop" }, "policy"],
    ["with what cannot be done about a damage", { "result-orphaned": "move" }, 'policy["result-orphaned"]'],
  ])("is refused if it is none: %s", (_name, policy, path) => {
    expect(() => repairThread(threadOf([]), policy as RepairPolicy)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error,
    );
    expect(() => checkThread(threadOf([]), { tools: "f" as never })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path: "tools" }) as Error,
    );
  });

  test("may say of each kind of damage what to do, and of what it does not name least is lost", () => {
    const thread = threadOf([result("c0"), user, asks(call("c1"), call("c2")), thanks, result("c2")]);
    const { thread: mended, changes } = repairThread(thread, { "result-missing": "drop" });
    expect(messagesOf(mended)).toEqual([user, asks(call("c2")), result("c2"), thanks]);
    expect(changes).toEqual([
      {
        code: "result-orphaned",
        path: "$.messages[0]",
        action: "drop",
        message: "this result answers no call: it was dropped.",
      },
      {
        code: "result-misplaced",
        path: "$.messages[4]",
        action: "move",
        message: "this result does not stand directly behind its call: it was moved there.",
        counterpart: "$.messages[2].tool_calls[1]",
      },
      {
        code: "result-missing",
        path: "$.messages[2].tool_calls[0]",
        action: "drop",
        message: "this call has no result: the call was dropped.",
      },
    ]);
    expect(() => repairThread(thread, { "result-missing": "stop" })).toThrow(
      "$.messages[2].tool_calls[0]: this call has no result (result-missing), and the policy says to stop there.",
    );
  });
});

test("damage is told in the order of the messages, with what helps", () => {
  const thread = threadOf([
    asks(call("c1")),
    { ...answer, tool_calls: [] },
    result("c2"),
    { role: "critic" },
  ]);
  expect(checkThread(thread)).toEqual([
    {
      code: "result-missing",
      path: "$.messages[0].tool_calls[0]",
      message: "this call has no result",
      remedy: "A repair adds a result that says the call was interrupted, or drops the call.",
    },
    expect.objectContaining({ code: "calls-empty", path: "$.messages[1].tool_calls" }),
    expect.objectContaining({ code: "result-orphaned", path: "$.messages[2]" }),
    expect.objectContaining({ code: "role-unknown", path: "$.messages[3].role" }),
  ]);
});

test("members that nobody knows stay, and so does their order", () => {
  const text = JSON.stringify(
    threadOf([user, { ...asks(call("c1")), "10": 1, z: 1 }], { agentFramework: { b: 1 } }),
  )
    .replace('"z":1', '"__proto__":{"z":1}')
    .replace('"c1",', '"c1","__proto__":[1],');
  const { thread } = repairThread(text, "synthesize");
  const added = JSON.stringify(result("c1", interruptedResult));
  expect(JSON.stringify(thread)).toBe(text.replace('],"agentFramework"', `,${added}],"agentFramework"`));
});

test("a change says the new name of a tool, which may be no name for providers", () => {
  const thread = threadOf([user, asks(call("c1", "weather.today")), result("c1"), answer]);
  expect(repairThread(thread, "synthesize").changes).toEqual([
    {
      code: "call-invalid",
      path: "$.messages[1].tool_calls[0]",
      action: "rewrite",
      message: "providers do not take this name of a tool: it was mended.",
      name: "weather_today",
    },
  ]);
});

test("arguments may be nested deeper than anything could be written", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const { thread } = repairThread(threadOf([asks(call("c1", "f", ` ${deep}`)), result("c1")]), "synthesize");
  expect(messagesOf(thread)[0]).toEqual(asks(call("c1", "f", `{"raw":${deep}}`)));
});

describe("which result belongs to which call", () => {
  test("is decided near by first, where servers begin with the same ids in each turn", () => {
    const thread = threadOf([
      user,
      asks(call("0")),
      thanks,
      asks(call("0")),
      result("0", "second"),
      result("0", "third"),
      answer,
    ]);
    const { thread: mended, changes } = repairThread(thread, "synthesize");
    expect(messagesOf(mended)).toEqual([
      user,
      asks(call("0")),
      result("0", interruptedResult),
      thanks,
      asks(call("call_repaired_1")),
      result("call_repaired_1", "second"),
      answer,
    ]);
    expect(changes.map(({ code }) => code)).toEqual([
      "result-duplicated",
      "result-missing",
      "call-id-duplicated",
    ]);
    expect(changes[2]).toMatchObject({ id: "call_repaired_1", counterpart: "$.messages[4]" });
  });

  test("a new id is one that nobody has", () => {
    const thread = threadOf([asks(call(""), call("call_repaired_1")), result("call_repaired_1"), result("")]);
    expect(messagesOf(repairThread(thread, "synthesize").thread)).toEqual([
      asks(call("call_repaired_2"), call("call_repaired_1")),
      result("call_repaired_1"),
      result("call_repaired_2"),
    ]);
  });
});

describe("an open turn", () => {
  const waiting = { callId: "c1", state: "approval-needed" };
  const turn = { id: "t1", start: 3, rounds: 1, calls: [waiting], strange: true };
  const reader = { kind: chatThreadKind, agent: "Assistant", acceptOtherAgent: false };

  test("is no damage, and stays as it is while the messages before it are mended", () => {
    const thread = threadOf([asks(call("c0")), thanks, null, user, asks(call("c1", "gone", "{"))], { turn });
    const { thread: mended } = repairThread(thread, "synthesize", { tools: [] });
    expect(messagesOf(mended).slice(-2)).toEqual([user, asks(call("c1", "gone", "{"))]);
    expect(mended["turn"]).toEqual({ ...turn, start: 2 });
    expect(readThread(mended, reader).turn?.start).toBe(2);
    expect(checkThread(mended, { tools: [] })).toEqual([]);
  });

  test("its calls keep their ids, and no old result comes to answer them", () => {
    const thread = threadOf([result("c1"), asks(call("c1")), result("c1"), user, asks(call("c1"))], { turn });
    const { thread: mended } = repairThread(thread, "synthesize");
    expect(messagesOf(mended)).toEqual([
      asks(call("call_repaired_1")),
      result("call_repaired_1"),
      user,
      asks(call("c1")),
    ]);
    expect(mended["turn"]).toEqual({ ...turn, start: 2 });
    const stray = threadOf([user, answer, thanks, result("c1"), asks(call("c1"))], { turn });
    expect(messagesOf(repairThread(stray, "synthesize").thread)).toEqual([
      user,
      answer,
      thanks,
      asks(call("c1")),
    ]);
  });

  test("is over when a call before a waiting one goes: tools know their calls by their places", () => {
    const thread = threadOf([user, asks(call("c0", ""), call("c1"))], { turn: { ...turn, start: 0 } });
    const { thread: mended, changes } = repairThread(thread, "synthesize");
    expect(changes.map(({ code }) => code)).toEqual(["call-invalid", "turn-invalid", "result-missing"]);
    expect(mended).toEqual(threadOf([user, asks(call("c1")), result("c1", interruptedResult)]));
  });

  test("that is closed is over: its calls are answered, and the thread can be run", () => {
    const thread = threadOf([user, answer, thanks, user, asks(call("c1"))], { turn });
    expect(checkThread(thread)).toEqual([]);
    expect(checkThread(thread, { openTurn: "close" }).map(({ code }) => code)).toEqual([
      "result-missing",
      "turn-open",
    ]);
    const { thread: mended } = repairThread(thread, "synthesize", { openTurn: "close" });
    expect(messagesOf(mended).at(-1)).toEqual(result("c1", interruptedResult));
    expect(Object.keys(mended)).not.toContain("turn");
  });

  test("a call of its last answer that it does not wait for is answered", () => {
    const thread = threadOf([user, asks(call("c1"), call("c2"))], { turn: { ...turn, start: 0 } });
    const { thread: mended } = repairThread(thread, "synthesize");
    expect(messagesOf(mended)).toEqual([...messagesOf(thread), result("c2", interruptedResult)]);
    expect(readThread(mended, reader).turn?.calls).toEqual([waiting]);
  });
});

test("docs/repairing-a-thread.md says of each kind of damage what is done, the default first", () => {
  const text = readFileSync(new URL("../../../../docs/repairing-a-thread.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \|.*\| ([^|]+) \|$/gm)].map(
    ([, code = "", actions = ""]) => ({
      code: code as DamageCode,
      actions: [...actions.matchAll(/`(\w+)`/g)].map(([, action]) => action),
    }),
  );
  expect(rows.map(({ code }) => code).toSorted()).toEqual(damageCodes.toSorted());
  for (const { code, actions } of rows) {
    for (const action of [...actions, "stop"]) {
      expect(() => repairThread(threadOf([]), { [code]: action }), `${code}: ${action}`).not.toThrow();
    }
    const others = ["synthesize", "rewrite", "rename", "move", "drop"].filter(
      (name) => !actions.includes(name),
    );
    for (const action of others) {
      expect(() => repairThread(threadOf([]), { [code]: action }), `${code}: ${action}`).toThrow(code);
    }
    expect(chooseAction({}, code)).toBe(actions[0]);
  }
});

describe("a thread made to cost time", () => {
  const count = 5000;
  const of = (item: (index: number) => unknown): unknown[] =>
    Array.from({ length: count }, (_, index) => item(index));

  test.each<[string, unknown[]]>([
    ["results of nothing", of(() => result("c1"))],
    ["calls of one id in a message", [asks(...of(() => call("c1")))]],
    ["calls of one id, and their results", [asks(...of(() => call("c1"))), ...of(() => result("c1"))]],
    ["calls and results without ids", [asks(...of(() => call(""))), ...of(() => result(undefined))]],
    ["calls in as many messages", of((index) => asks(call(`c${index % 3}`)))],
    [
      "calls, and results far behind",
      [...of((i) => asks(call(`c${i}`))), thanks, ...of((i) => result(`c${i}`))],
    ],
    ["results before their calls", [...of((i) => result(`c${i}`)), asks(...of((i) => call(`c${i}`)))]],
    ["equal messages", of(() => user)],
    [
      "messages that say nothing, between equal ones",
      of((index) => (index % 2 === 0 ? user : { role: "assistant" })),
    ],
  ])("%s", (_name, messages) => {
    for (const policy of ["synthesize", "drop"] as const) {
      const { thread } = repairThread(threadOf(messages), policy, { tools: [] });
      expect(checkThread(thread, { tools: [] })).toEqual([]);
    }
  });
});
