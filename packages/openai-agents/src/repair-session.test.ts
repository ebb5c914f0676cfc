import { readFileSync } from "node:fs";
import { protocol } from "@openai/agents-core";
import type { RepairPolicy } from "@threadstore/agent";
import { memoryStore, type JsonValue, type SerializedThread } from "@threadstore/core";
import { isJsonObject, type JsonObject } from "@threadstore/core/documents";
import { describe, expect, test } from "vitest";
import { damage, damageTwice } from "../../agent/dist/repair/damage.test-helper.js";
import { checkSession, repairSession, threadSession } from "./index.ts";
import { INTERRUPTED_OUTPUT } from "./session-items.ts";

const STRIDE = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 29 : 1;
const GOLDEN = ["items-v1-chat.json", "items-v1-operations.json", "items-v1-responses.json"];

function read(name: string): SerializedThread {
  return JSON.parse(readFileSync(new URL(`golden/${name}`, import.meta.url), "utf8")) as SerializedThread;
}

function sessionOf(...items: unknown[]): SerializedThread {
  return { format: "threadstore.thread", version: 1, kind: "openai-agents-items", items } as SerializedThread;
}

const user = { type: "message", role: "user", content: "Hi" };
const said = {
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text: "Hello" }],
};
const reasoning = { type: "reasoning", id: "rs_1", content: [] };
const image = { type: "image", image: "data:image/png;base64,AAAA" };

function call(callId: unknown, text: unknown = "{}", name: unknown = "look"): object {
  return { type: "function_call", callId, name, arguments: text, status: "completed" };
}

function result(callId: unknown, output: unknown = { type: "text", text: "blue" }): object {
  return { type: "function_call_result", name: "look", callId, status: "completed", output };
}

const interrupted = {
  type: "function_call_result",
  name: "look",
  callId: "c1",
  status: "incomplete",
  output: { type: "text", text: INTERRUPTED_OUTPUT },
};
const shell = { type: "shell_call", callId: "c1", action: { commands: ["ls"] } };
const patch = {
  type: "apply_patch_call",
  callId: "c1",
  status: "completed",
  operation: { type: "delete_file", path: "a" },
};
const computer = { type: "computer_call", callId: "c1", status: "completed", action: { type: "screenshot" } };

const patched = { type: "apply_patch_call_output", callId: "c1", status: "completed", output: "Done." };

function shellOutput(...output: object[]): object {
  return { type: "shell_call_output", callId: "c1", output };
}

const CASES: readonly (readonly [code: string, path: string, items: unknown[], repaired: unknown[]])[] = [
  ["result-missing", "$.items[1]", [user, call("c1"), user], [user, call("c1"), interrupted, user]],
  ["result-missing", "$.items[1]", [user, call("c1")], [user, call("c1"), interrupted]],
  ["result-orphaned", "$.items[1]", [user, result("c1"), said], [user, said]],
  [
    "result-orphaned",
    "$.items[1]",
    [shell, result("c1"), said],
    [shell, { ...shell, type: "shell_call_output" }, said],
  ],
  [
    "result-duplicated",
    "$.items[2]",
    [call("c1"), result("c1"), result("c1", "green"), said],
    [call("c1"), result("c1"), said],
  ],
  [
    "result-duplicated",
    "$.items[2]",
    [call("c1"), interrupted, result("c1", image), said],
    [call("c1"), result("c1", image), said],
  ],
  [
    "result-misplaced",
    "$.items[2]",
    [call("c1"), user, result("c1"), said],
    [call("c1"), result("c1"), user, said],
  ],
  [
    "call-id-duplicated",
    "$.items[3].callId",
    [call("c1"), result("c1"), user, call("c1"), result("c1"), said],
    [call("c1"), result("c1"), user, call("call_repaired_1"), result("call_repaired_1"), said],
  ],
  [
    "call-id-invalid",
    "$.items[0].callId",
    [call(5), result(undefined), said],
    [call("call_repaired_1"), result("call_repaired_1"), said],
  ],
  ["call-invalid", "$.items[0]", [call("c1", "{}", null), result("c1"), said], [said]],
  ["call-invalid", "$.items[0]", [{ ...shell, action: 5 }, user], [user]],
  [
    "arguments-invalid",
    "$.items[0].arguments",
    [call("c1", "{"), result("c1"), said],
    [call("c1", '{"raw":"{"}'), result("c1"), said],
  ],
  ["reasoning-dangling", "$.items[1]", [user, reasoning], [user]],
  ["reasoning-dangling", "$.items[1]", [user, reasoning, user], [user]],
  ["reasoning-dangling", "$.items[0]", [reasoning, { ...reasoning, id: "rs_2" }, user], [user]],
  ["message-invalid", "$.items[0]", [7, user], [user]],
  ["message-invalid", "$.items[0]", [{ ...user, type: 7 }, user], [user]],
  ["role-unknown", "$.items[0].role", [{ ...user, role: "tool" }, user], [user]],
  ["message-empty", "$.items[1]", [user, { ...said, content: [] }], [user]],
  ["message-empty", "$.items[0]", [{ ...user, content: [] }, user], [user]],
  ["message-empty", "$.items[0]", [{ role: "user", content: [] }, user], [user]],
  ["message-empty", "$.items[0]", [{ ...user, role: "system", content: [] }, user], [user]],
  [
    "content-invalid",
    "$.items[1].output",
    [call("c1"), result("c1", []), said],
    [call("c1"), result("c1", { type: "text", text: "" }), said],
  ],
  ["message-duplicated", "$.items[1]", [user, user, said], [user, said]],
  [
    "message-duplicated",
    "$.items[3].id",
    [user, { ...said, id: "msg_1" }, user, { ...said, id: "msg_1", status: "incomplete" }],
    [user, { ...said, id: "msg_1" }, user, { ...said, status: "incomplete" }],
  ],
  [
    "message-duplicated",
    "$.items[3]",
    [user, { ...said, id: "msg_1" }, user, { ...said, id: "msg_1" }, { ...said, id: "msg_2" }],
    [user, { ...said, id: "msg_1" }, user, { ...said, id: "msg_2" }],
  ],
  [
    "message-duplicated",
    "$.items[2].id",
    [{ ...call("c1"), id: "fc_1" }, result("c1"), { ...call("c2"), id: "fc_1" }, result("c2"), said],
    [{ ...call("c1"), id: "fc_1" }, result("c1"), call("c2"), result("c2"), said],
  ],
  ["message-duplicated", "$.items[1]", [reasoning, reasoning, said], [reasoning, said]],
  ["content-invalid", "$.items[0].content", [{ ...user, content: 7 }], [{ ...user, content: "7" }]],
  [
    "content-invalid",
    "$.items[1].output",
    [call("c1"), result("c1", 7)],
    [call("c1"), result("c1", { type: "text", text: "7" })],
  ],
  [
    "text-malformed",
    "$.items[0].content",
    [{ ...user, content: "\ud83c" }],
    [{ ...user, content: "\ufffd" }],
  ],
];

describe("a session", () => {
  test.each(CASES)("with %s at %s is found and repaired", (code, path, items, repaired) => {
    const finding = expect.objectContaining({ code, path }) as object;
    expect(checkSession(sessionOf(...items))).toContainEqual(finding);
    const { thread, changes } = repairSession(sessionOf(...items), "synthesize");
    expect(changes).toContainEqual(finding);
    expect(thread["items"]).toMatchObject(repaired.map((item) => withoutAnswer(item as JsonObject)));
    expect(checkSession(thread)).toEqual([]);
    expect(() => repairSession(sessionOf(...items), { [code]: "stop" })).toThrow(
      expect.objectContaining({ code: "THREAD_INVALID", path }) as Error,
    );
  });

  const long = "x".repeat(10_485_761);
  const output = { stdout: "", stderr: "", outcome: { type: "exit", exitCode: 0 } };
  test.each<[string, object[]]>([
    ["$.items[1].output[0].stdout", [shell, shellOutput({ ...output, stdout: long }), said]],
    ["$.items[1].output[1].stderr", [shell, shellOutput(output, { ...output, stderr: long }), said]],
    [
      "$.items[0].action.commands[1]",
      [{ ...shell, action: { commands: ["ls", long] } }, shellOutput(output), said],
    ],
    [
      "$.items[1].output",
      [patch, { type: "apply_patch_call_output", callId: "c1", status: "failed", output: long }, said],
    ],
    [
      "$.items[0].operation.diff",
      [{ ...patch, operation: { type: "create_file", path: "a", diff: long } }, patched, said],
    ],
    ["$.items[1].output", [call("c1"), result("c1", { type: "text", text: long }), said]],
    ["$.items[1].output", [call("c1"), result("c1", long), said]],
    ["$.items[1].output[0].text", [call("c1"), result("c1", [{ type: "input_text", text: long }]), said]],
    ["$.items[0].arguments", [call("c1", JSON.stringify({ a: long })), result("c1"), said]],
    ["$.items[0].content", [{ ...user, content: long }]],
    ["$.items[0].content[0].text", [{ ...user, content: [{ type: "input_text", text: long }] }]],
    ["$.items[1].content[0].text", [user, { ...said, content: [{ type: "output_text", text: long }] }]],
    ["$.items[1].content[0].refusal", [user, { ...said, content: [{ type: "refusal", refusal: long }] }]],
    [
      "$.items[1].content[0].transcript",
      [user, { ...said, content: [{ type: "audio", audio: "", transcript: long }] }],
    ],
    ["$.items[0].content[0].text", [{ ...reasoning, content: [{ type: "input_text", text: long }] }, said]],
    [
      "$.items[0].rawContent[0].text",
      [{ ...reasoning, rawContent: [{ type: "reasoning_text", text: long }] }, said],
    ],
    ["$.items[0].output", [{ type: "hosted_tool_call", id: "h", name: "mcp_call", output: long }, said]],
  ])("with a text that is too long at %s is found and cut", (path, items) => {
    const thread = sessionOf(...items);
    expect(checkSession(thread)).toMatchObject([{ code: "text-too-long", path }]);
    const { thread: repaired, changes } = repairSession(thread, "synthesize", { shorten: () => "short" });
    expect(changes).toMatchObject([{ code: "text-too-long", path, action: "cut" }]);
    expect(repaired["items"]).toHaveLength(items.length);
    expect(JSON.stringify(repaired).length).toBeLessThan(1000);
    expect(checkSession(repaired)).toEqual([]);
  });

  test("with a text that is too long for OpenAI is cut, unless the provider is another one", () => {
    const thread = sessionOf(shell, shellOutput({ ...output, stdout: long }), said);
    const { thread: repaired } = repairSession(thread, "synthesize");
    expect(checkSession(repaired)).toEqual([]);
    expect(JSON.stringify(repaired)).toContain("characters are missing");
    expect(checkSession(thread, { provider: "other" })).toEqual([]);
  });

  test("with many outputs that are not too long keeps all of them", () => {
    const half = { ...output, stdout: long.slice(long.length / 2) };
    const thread = sessionOf(shell, shellOutput(half, half, half), said);
    expect(checkSession(thread)).toEqual([]);
    expect(repairSession(thread, "synthesize").thread).toEqual(thread);
  });

  test.each([shell, patch, computer])(
    "with an interrupted call is answered in the form of the SDK: %o",
    (item) => {
      const { thread, changes } = repairSession(sessionOf(user, item), "synthesize");
      expect(changes).toMatchObject([{ code: "result-missing" }]);
      const items = thread["items"] as JsonObject[];
      expect(items).toHaveLength(3);
      for (const each of items) expect(protocol.ModelItem.safeParse(each).error).toBeUndefined();
      expect(checkSession(thread)).toEqual([]);
      expect(repairSession(sessionOf(user, item), "drop").thread["items"]).toEqual([user]);
    },
  );

  test.each<[JsonObject, JsonObject]>([
    [call("c1") as JsonObject, { type: "function_call_result", output: { type: "text", text: "blue" } }],
    [shell, { type: "shell_call_output", output: [] }],
    [patch, { type: "apply_patch_call_output", status: "failed", output: "No such file." }],
    [computer, { type: "computer_call_result", output: { type: "computer_screenshot", data: "x" } }],
  ])("takes the result of an interrupted call that arrives later: %o", async (item, members) => {
    const late = { callId: "c1", ...members } as never;
    for (const items of [
      [user, item, said],
      [user, item],
    ]) {
      const store = memoryStore();
      await store.save("repaired", repairSession(sessionOf(...items), "synthesize").thread);
      await store.save("waiting", sessionOf(...items));
      for (const id of ["repaired", "waiting"]) {
        const session = threadSession({ store, id });
        await session.addItems([{ role: "user", content: "And?" }, late]);
        expect((await session.getItems()).slice(0, 3)).toEqual([user, item, late]);
      }
    }
  });

  test.each<[string, object, string]>([
    ["items", { items: {} }, "envelope-invalid"],
    ["format", { format: 5 }, "envelope-invalid"],
    ["kind", { kind: null }, "envelope-invalid"],
    ["version", { version: "1" }, "envelope-invalid"],
    ["operations", { operations: { a: 5, b: "fingerprint" } }, "state-invalid"],
    ["operations", { operations: [] }, "state-invalid"],
  ])("with malformed %s can be read after a repair", async (_name, members, code) => {
    const thread = { ...sessionOf(user), ...members };
    const { thread: repaired, changes } = repairSession(thread, "synthesize");
    expect(changes).toMatchObject([{ code }]);
    const store = memoryStore();
    await store.save("s", repaired);
    await threadSession({ store, id: "s" }).getItems();
    expect(checkSession(repaired)).toEqual([]);
  });

  test.each<[unknown, string]>([
    ["{", "THREAD_INVALID"],
    [null, "THREAD_INVALID"],
    [{ ...sessionOf(), kind: "chat" }, "THREAD_MISMATCH"],
    [{ ...sessionOf(), format: "letters" }, "THREAD_MISMATCH"],
    [{ items: [] }, "THREAD_MISMATCH"],
    [{ ...sessionOf(), version: 2 }, "THREAD_TOO_NEW"],
  ])("is not %j", (thread, code) => {
    expect(() => checkSession(thread as string)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test("must be checked with valid options, and may be text", () => {
    expect(() => repairSession(sessionOf(), "mend" as RepairPolicy)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", name: "SessionError" }) as Error,
    );
    const text = JSON.stringify(sessionOf(user, call("c1"), result("c1"), said));
    expect(checkSession(text)).toEqual([]);
    expect(checkSession(text, { tools: ["other"] })).toMatchObject([{ code: "tool-gone" }]);
    const { thread } = repairSession(text, "synthesize", { tools: ["other"] });
    const items = thread["items"] as JsonObject[];
    for (const item of items) expect(protocol.ModelItem.safeParse(item).error).toBeUndefined();
  });
});

/** Answers of other types than functions are compared by their type only. */
function withoutAnswer(item: JsonObject): JsonObject {
  return item["type"] === "shell_call_output" ? { type: "shell_call_output", callId: "c1" } : item;
}

/** Returns a call without its result, or a result without its call. */
function findUnpaired(items: readonly unknown[]): string | undefined {
  const open = new Set<unknown>();
  for (const item of items.filter(isJsonObject)) {
    const { type, callId } = item as { type?: string; callId?: string };
    if (type === "function_call") open.add(callId);
    if (type === "function_call_result" && !open.delete(callId)) return `result ${callId}`;
  }
  return open.size === 0 ? undefined : `call ${[...open].join()}`;
}

/** Returns whether another program may have written the document, so that it is not repaired. */
function mayBeForeign({ format, kind, items }: JsonObject): boolean {
  const isLost = (value: unknown): boolean => typeof value !== "string" || value === "";
  if (!isLost(format) && format !== "threadstore.thread") return true;
  if (isLost(kind)) return isLost(format) || !Array.isArray(items);
  return kind !== "openai-agents-items";
}

describe.each(GOLDEN)("%s", (name) => {
  test("is valid and unchanged", () => {
    expect(
      repairSession(read(name), "synthesize").changes.filter(({ code }) => code !== "result-missing"),
    ).toEqual([]);
  });

  test.each<RepairPolicy>(["synthesize", "drop"])(
    "with a fault at any path can be read (%s)",
    async (policy) => {
      const valid = repairSession(read(name), "synthesize").thread as JsonValue;
      const faults = [...damage(valid), ...damageTwice(valid, 100)].filter(
        (_fault, index) => index % STRIDE === 0,
      );
      const store = memoryStore();
      for (const { title, document } of faults) {
        if (mayBeForeign(document as JsonObject)) continue;
        const { thread } = repairSession(document as SerializedThread, policy);
        expect(repairSession(thread, policy).changes, title).toEqual([]);
        expect(findUnpaired(thread["items"] as unknown[]), title).toBeUndefined();
        await store.save("s", thread, { overwrite: true });
        await threadSession({ store, id: "s" }).getItems();
      }
    },
  );
});

test("docs/repairing-a-thread.md lists the kinds of finding", () => {
  const docs = readFileSync(new URL("../../../docs/repairing-a-thread.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `([a-z-]+)` \|.*\| [TSLU ]*S[TSLU ]* \| [^|]+ \|$/gm)].map(
    ([, code]) => code,
  );
  expect(new Set(rows)).toEqual(
    new Set([
      ...CASES.map(([code]) => code),
      "envelope-invalid",
      "state-invalid",
      "text-too-long",
      "tool-gone",
    ]),
  );
});
