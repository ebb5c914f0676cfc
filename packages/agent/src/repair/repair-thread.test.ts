import { readFileSync } from "node:fs";
import type { SerializedThread } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import { FINDING_CODES, type Finding } from "../findings/finding.ts";
import { chooseAction, type FindingCode, type RepairPolicy } from "../findings/repair-policy.ts";
import type { CheckOptions } from "./check-options.ts";
import { INTERRUPTED_RESULT } from "./interrupted-texts.ts";
import { MESSAGE_FORM } from "./message-form.ts";
import {
  checkThread as checkThreadOf,
  repairThread as repairThreadOf,
  type RepairedThread,
} from "./repair-thread.ts";
import { answer, asks, call, messagesOf, result, thanks, threadOf, user } from "./threads.test-helper.ts";

const KINDS = [{ kind: "chat", version: 1, packageName: "@threadstore/test", wireForm: MESSAGE_FORM }];

function checkThread(thread: SerializedThread | string, options?: CheckOptions): Finding[] {
  return checkThreadOf(thread, KINDS, options);
}

function repairThread(
  thread: SerializedThread | string,
  policy: RepairPolicy,
  options?: CheckOptions,
): RepairedThread {
  return repairThreadOf(thread, KINDS, policy, options);
}

const missing = [user, asks(call("c1"))];

describe("a thread", () => {
  test("can be passed as text or as an object", () => {
    const thread = threadOf(missing);
    const expected = [{ code: "result-missing", path: "$.messages[1].tool_calls[0]" }];
    expect(checkThread(JSON.stringify(thread))).toMatchObject(expected);
    const { thread: repaired } = repairThread(JSON.stringify(thread), "synthesize");
    expect(repaired).toEqual(threadOf([...missing, result("c1", INTERRUPTED_RESULT)]));
  });

  test.each<[string, unknown, string, string]>([
    ["nothing", undefined, "THREAD_INVALID", "$"],
    ["truncated text", '{"format":"thre', "THREAD_INVALID", "$"],
    ["a stored thread", { thread: {}, json: "{}" }, "THREAD_INVALID", "$"],
    ["another format", { ...threadOf([]), format: "x" }, "THREAD_INVALID", "$.format"],
    ["another kind", { ...threadOf([]), kind: "letters" }, "THREAD_INVALID", "$.kind"],
    ["a newer format", { ...threadOf([]), version: 2 }, "THREAD_TOO_NEW", "$.version"],
    ["a date", threadOf([{ ...user, at: new Date(0) }]), "THREAD_INVALID", "$.messages[0].at"],
  ])("cannot be %s", (_name, value, code, path) => {
    const thread = value as SerializedThread;
    const rejection = expect.objectContaining({ code, path }) as Error;
    expect(() => checkThread(thread)).toThrow(rejection);
    expect(() => repairThread(thread, "synthesize")).toThrow(rejection);
  });

  test("is not quoted in findings, changes and errors", () => {
    const secret = "hunter2";
    const thread = threadOf([
      { role: "user", content: { secret } },
      asks(call(secret, secret, secret), call(secret, secret, secret)),
      result(secret, secret),
      result(`${secret}3`, secret),
    ]);
    const said = [checkThread(thread, { tools: [] }), repairThread(thread, "drop", { tools: [] }).changes];
    expect(JSON.stringify(said)).not.toContain(secret);
    expect(() => repairThread(thread, "stop")).toThrow(/^(?!.*hunter2).*content-invalid/);
  });
});

describe("a policy", () => {
  test.each<[string, unknown, string]>([
    ["undefined", undefined, "policy"],
    ["an unknown word", "mend", "policy"],
    ["an unknown kind of finding", { toString: "drop" }, "policy"],
    ["an impossible action", { "result-orphaned": "move" }, 'policy["result-orphaned"]'],
  ])("cannot be %s", (_name, policy, path) => {
    expect(() => repairThread(threadOf([]), policy as RepairPolicy)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error,
    );
    expect(() => checkThread(threadOf([]), { tools: "f" as never })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", path: "tools" }) as Error,
    );
  });

  test.each([
    ["openTurn", { openTurn: "closed" }],
    ["openTurn", { openTurn: null }],
    ["strictOrder", { strictOrder: "yes" }],
  ])("rejects an invalid %s: %j", (path, options) => {
    const rejection = expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error;
    expect(() => checkThread(threadOf([]), options as never)).toThrow(rejection);
  });

  test("can name an action for each kind of finding, with defaults that lose the least", () => {
    const thread = threadOf([result("c0"), user, asks(call("c1"), call("c2")), thanks, result("c2")]);
    const { thread: repaired, changes } = repairThread(thread, { "result-missing": "drop" });
    expect(messagesOf(repaired)).toEqual([user, asks(call("c2")), result("c2"), thanks]);
    expect(changes).toEqual([
      {
        code: "result-orphaned",
        path: "$.messages[0]",
        action: "drop",
        message: "The result does not answer any call.",
        remedy: "A repair drops it.",
      },
      {
        code: "result-misplaced",
        path: "$.messages[4]",
        action: "move",
        message: "The result does not follow its call directly.",
        remedy: "A repair moves it there.",
        counterpart: "$.messages[2].tool_calls[1]",
      },
      {
        code: "result-missing",
        path: "$.messages[2].tool_calls[0]",
        action: "drop",
        message: "The call does not have a result.",
        remedy: "A repair drops the call.",
      },
    ]);
    expect(() => repairThread(thread, { "result-missing": "stop" })).toThrow(
      "`$.messages[2].tool_calls[0]` is corrupt (result-missing), and the repair policy is to stop. The call does not have a result.",
    );
  });
});

test("findings are in the order of the messages, with their remedies", () => {
  const thread = threadOf([asks(call("c1")), { ...answer, tool_calls: [] }, result("c2"), null]);
  expect(checkThread(thread)).toEqual([
    {
      code: "result-missing",
      path: "$.messages[0].tool_calls[0]",
      message: "The call does not have a result.",
      remedy: "A repair adds a result that says the call was interrupted, or drops the call.",
    },
    expect.objectContaining({ code: "calls-empty", path: "$.messages[1].tool_calls" }),
    expect.objectContaining({ code: "result-orphaned", path: "$.messages[2]" }),
    expect.objectContaining({ code: "message-invalid", path: "$.messages[3]" }),
  ]);
});

test("unknown members and their order are unchanged", () => {
  const text = JSON.stringify(
    threadOf([user, { ...asks(call("c1")), "10": 1, z: 1 }], { agentFramework: { b: 1 } }),
  )
    .replace('"z":1', '"__proto__":{"z":1}')
    .replace('"c1",', '"c1","__proto__":[1],');
  const { thread } = repairThread(text, "synthesize");
  const added = JSON.stringify(result("c1", INTERRUPTED_RESULT));
  expect(JSON.stringify(thread)).toBe(text.replace('],"agentFramework"', `,${added}],"agentFramework"`));
});

test("a change contains the new tool name if providers reject the old one", () => {
  const thread = threadOf([user, asks(call("c1", "weather.today")), result("c1"), answer]);
  expect(repairThread(thread, "synthesize").changes).toEqual([
    {
      code: "call-invalid",
      path: "$.messages[1].tool_calls[0]",
      action: "rewrite",
      message: "Providers reject this tool name.",
      remedy: "A repair corrects the call.",
      name: "weather_today",
    },
  ]);
});

test("arguments may be nested too deeply for JSON.stringify", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const { thread } = repairThread(threadOf([asks(call("c1", "f", ` ${deep}`)), result("c1")]), "synthesize");
  expect(messagesOf(thread)[0]).toEqual(asks(call("c1", "f", `{"raw":${deep}}`)));
});

describe("the tool-call pairing", () => {
  test("prefers the nearest call, because some servers use the same ids in each turn", () => {
    const thread = threadOf([
      user,
      asks(call("0")),
      thanks,
      asks(call("0")),
      result("0", "second"),
      result("0", "third"),
      answer,
    ]);
    const { thread: repaired, changes } = repairThread(thread, "synthesize");
    expect(messagesOf(repaired)).toEqual([
      user,
      asks(call("0")),
      result("0", INTERRUPTED_RESULT),
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

  test("a new id is unique", () => {
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

  test("is not a finding, and is unchanged while the messages before it are repaired", () => {
    const thread = threadOf([asks(call("c0")), thanks, null, user, asks(call("c1", "gone", "{"))], { turn });
    const { thread: repaired } = repairThread(thread, "synthesize", { tools: [] });
    expect(messagesOf(repaired).slice(-2)).toEqual([user, asks(call("c1", "gone", "{"))]);
    expect(repaired["turn"]).toEqual({ ...turn, start: 2 });
    expect(checkThread(repaired, { tools: [] })).toEqual([]);
  });

  test("keeps the ids of its calls, and old results do not answer them", () => {
    const thread = threadOf([result("c1"), asks(call("c1")), result("c1"), user, asks(call("c1"))], { turn });
    const { thread: repaired } = repairThread(thread, "synthesize");
    expect(messagesOf(repaired)).toEqual([
      asks(call("call_repaired_1")),
      result("call_repaired_1"),
      user,
      asks(call("c1")),
    ]);
    expect(repaired["turn"]).toEqual({ ...turn, start: 2 });
    const stray = threadOf([user, answer, thanks, result("c1"), asks(call("c1"))], { turn });
    expect(messagesOf(repairThread(stray, "synthesize").thread)).toEqual([
      user,
      answer,
      thanks,
      asks(call("c1")),
    ]);
  });

  test("is closed if a call before a waiting one is removed, because operation ids contain positions", () => {
    const thread = threadOf([user, asks(call("c0", ""), call("c1"))], { turn: { ...turn, start: 0 } });
    const { thread: repaired, changes } = repairThread(thread, "synthesize");
    expect(changes.map(({ code }) => code)).toEqual(["call-invalid", "turn-invalid", "result-missing"]);
    const messages = [user, asks(call("c1")), result("c1", INTERRUPTED_RESULT)];
    // The service has never accepted a request with the call.
    expect(repaired).toEqual(threadOf(messages, { unaccepted: [{ start: 1, end: 3 }] }));
  });

  test("can be closed: its calls are answered, and the thread can be run", () => {
    const thread = threadOf([user, answer, thanks, user, asks(call("c1"))], { turn });
    expect(checkThread(thread)).toEqual([]);
    expect(checkThread(thread, { openTurn: "close" }).map(({ code }) => code)).toEqual([
      "result-missing",
      "turn-open",
    ]);
    const { thread: repaired } = repairThread(thread, "synthesize", { openTurn: "close" });
    expect(messagesOf(repaired).at(-1)).toEqual(result("c1", INTERRUPTED_RESULT));
    expect(Object.keys(repaired)).not.toContain("turn");
  });

  test("does not cover a call that it does not list, which is answered", () => {
    const thread = threadOf([user, asks(call("c1"), call("c2"))], { turn: { ...turn, start: 0 } });
    const { thread: repaired } = repairThread(thread, "synthesize");
    expect(messagesOf(repaired)).toEqual([...messagesOf(thread), result("c2", INTERRUPTED_RESULT)]);
    expect(repaired["turn"]).toMatchObject({ calls: [waiting] });
  });
});

test("docs/repairing-a-thread.md lists the actions of each kind of finding, the default first", () => {
  const text = readFileSync(new URL("../../../../docs/repairing-a-thread.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z-]+)` \|.*\| T[ SLU]* \| ([^|]+) \|$/gm)].map(
    ([, code = "", actions = ""]) => ({
      code: code as FindingCode,
      actions: [...actions.matchAll(/`(\w+)`/g)].map(([, action]) => action),
    }),
  );
  expect(rows.map(({ code }) => code).toSorted()).toEqual(FINDING_CODES.toSorted());
  for (const { code, actions } of rows) {
    for (const action of [...actions, "stop"]) {
      expect(() => repairThread(threadOf([]), { [code]: action }), `${code}: ${action}`).not.toThrow();
    }
    const others = ["synthesize", "rewrite", "rename", "move", "split", "cut", "drop"].filter(
      (name) => !actions.includes(name),
    );
    for (const action of others) {
      expect(() => repairThread(threadOf([]), { [code]: action }), `${code}: ${action}`).toThrow(code);
    }
    expect(chooseAction({}, code)).toBe(actions[0]);
  }
});

describe("a thread designed to take long", () => {
  const count = 5000;
  const of = (item: (index: number) => unknown): unknown[] =>
    Array.from({ length: count }, (_, index) => item(index));

  test.each<[string, unknown[]]>([
    ["results without calls", of(() => result("c1"))],
    ["calls with the same id in one message", [asks(...of(() => call("c1")))]],
    ["calls with the same id, and their results", [asks(...of(() => call("c1"))), ...of(() => result("c1"))]],
    ["calls and results without ids", [asks(...of(() => call(""))), ...of(() => result(undefined))]],
    ["calls in separate messages", of((index) => asks(call(`c${index % 3}`)))],
    [
      "calls, and results far after them",
      [...of((i) => asks(call(`c${i}`))), thanks, ...of((i) => result(`c${i}`))],
    ],
    ["results before their calls", [...of((i) => result(`c${i}`)), asks(...of((i) => call(`c${i}`)))]],
    ["equal messages", of(() => user)],
    ["empty messages between equal ones", of((index) => (index % 2 === 0 ? user : { role: "assistant" }))],
  ])("%s", (_name, messages) => {
    for (const policy of ["synthesize", "drop"] as const) {
      const { thread } = repairThread(threadOf(messages), policy, { tools: [] });
      expect(checkThread(thread, { tools: [] })).toEqual([]);
    }
  });
});
