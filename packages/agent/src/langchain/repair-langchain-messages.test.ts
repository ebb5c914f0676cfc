import { readFileSync } from "node:fs";
import type { JsonValue } from "@threadstore/core";
import type { JsonObject } from "@threadstore/core/documents";
import { describe, expect, test } from "vitest";
import type { RepairPolicy } from "../findings/repair-policy.ts";
import { damage, damageTwice } from "../repair/damage.test-helper.ts";
import { INTERRUPTED_RESULT } from "../repair/interrupted-texts.ts";
import { readMembers } from "./message-members.ts";
import { checkLangChainMessages, repairLangChainMessages } from "./repair-langchain-messages.ts";

// Written by mapChatMessagesToStoredMessages and JSON.stringify of @langchain/core 1.4.0, whose
// mapStoredMessagesToChatMessages and load read all repaired messages of the damage test.
const GOLDEN = ["stored-messages.json", "serialized-messages.json"];
const STRIDE = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick" ? 19 : 1;

function read(name: string): JsonObject[] {
  return JSON.parse(readFileSync(new URL(`golden/${name}`, import.meta.url), "utf8")) as JsonObject[];
}

const human = { type: "human", data: { content: "Hi" } };
const said = { type: "ai", data: { content: "Hello" } };

function ai(...calls: object[]): { type: string; data: { content: string; tool_calls: object[] } } {
  return { type: "ai", data: { content: "", tool_calls: calls } };
}

function call(id: unknown, args: unknown = {}, name: unknown = "look"): object {
  return { id, name, args };
}

function tool(id: unknown, content: unknown = "blue"): object {
  return { type: "tool", data: { content, tool_call_id: id } };
}

const interrupted = {
  type: "tool",
  data: { content: INTERRUPTED_RESULT, tool_call_id: "c1", status: "error" },
};

const CASES: readonly (readonly [code: string, path: string, messages: unknown[], repaired: unknown[]])[] = [
  [
    "result-missing",
    "$[1].data.tool_calls[0]",
    [human, ai(call("c1")), human],
    [human, ai(call("c1")), interrupted, human],
  ],
  ["result-orphaned", "$[1]", [human, tool("c1"), said], [human, said]],
  [
    "result-duplicated",
    "$[2]",
    [ai(call("c1")), tool("c1"), tool("c1", "green"), said],
    [ai(call("c1")), tool("c1"), said],
  ],
  [
    "result-duplicated",
    "$[2]",
    [ai(call("c1")), interrupted, tool("c1", "green"), said],
    [ai(call("c1")), tool("c1", "green"), said],
  ],
  [
    "result-misplaced",
    "$[2]",
    [ai(call("c1")), human, tool("c1"), said],
    [ai(call("c1")), tool("c1"), human, said],
  ],
  [
    "call-id-duplicated",
    "$[2].data.tool_calls[0].id",
    [ai(call("c1")), tool("c1"), ai(call("c1")), tool("c1"), said],
    [ai(call("c1")), tool("c1"), ai(call("call_repaired_1")), tool("call_repaired_1"), said],
  ],
  [
    "call-id-invalid",
    "$[0].data.tool_calls[0].id",
    [ai(call(null)), tool(undefined), said],
    [ai(call("call_repaired_1")), tool("call_repaired_1"), said],
  ],
  [
    "arguments-invalid",
    "$[0].data.tool_calls[0].args",
    [ai(call("c1", [1])), tool("c1"), said],
    [ai(call("c1", { raw: [1] })), tool("c1"), said],
  ],
  [
    "arguments-invalid",
    "$[0].data.tool_calls[0].args",
    [ai(call("c1", '{"a":1}')), tool("c1"), said],
    [ai(call("c1", { a: 1 })), tool("c1"), said],
  ],
  [
    "arguments-invalid",
    "$[0].data.tool_calls[0].args",
    [ai(call("c1", '{"a":')), tool("c1"), said],
    [ai(call("c1", { raw: '{"a":' })), tool("c1"), said],
  ],
  ["call-invalid", "$[0].data.tool_calls[0]", [ai(call("c1", {}, "")), tool("c1"), said], [said]],
  ["message-invalid", "$[0]", [{ type: "human" }, said], [said]],
  ["message-invalid", "$[0]", [7, said], [said]],
  ["role-unknown", "$[0]", [{ type: "remove", data: { id: "m1" } }, said], [said]],
  ["message-empty", "$[1]", [human, { type: "ai", data: { content: "" } }, said], [human, said]],
  ["message-duplicated", "$[1]", [human, human, said], [human, said]],
  [
    "content-invalid",
    "$[0].data.content",
    [{ type: "human", data: { content: 7 } }, said],
    [{ type: "human", data: { content: "7" } }, said],
  ],
  [
    "envelope-invalid",
    "$[0].id",
    [{ lc: 2, type: "constructor", id: ["x", "AIMessage"], kwargs: { content: "Hello" } }],
    [
      {
        lc: 1,
        type: "constructor",
        id: ["langchain_core", "messages", "AIMessage"],
        kwargs: { content: "Hello" },
      },
    ],
  ],
  [
    "member-unsupported",
    "$[0].data.response_metadata",
    [{ type: "ai", data: { content: "Hello", response_metadata: "x", tool_calls: [] } }],
    [{ type: "ai", data: { content: "Hello", tool_calls: [] } }],
  ],
  [
    "member-unsupported",
    "$[0].data.tool_calls",
    [{ type: "ai", data: { content: "Hello", tool_calls: {} } }],
    [said],
  ],
  [
    "text-malformed",
    "$[0].data.content",
    [{ type: "human", data: { content: "\ud83c" } }, said],
    [{ type: "human", data: { content: "\ufffd" } }, said],
  ],
];

describe("messages of LangChain", () => {
  test.each(CASES)("%s at %s is found and repaired", (code, path, messages, repaired) => {
    const found = checkLangChainMessages(messages);
    expect(found[0]).toMatchObject({ code, path });
    const result = repairLangChainMessages(messages, "synthesize");
    expect(result.changes[0]).toMatchObject({ code, path });
    expect(result.messages.slice(0, repaired.length)).toEqual(repaired);
    expect(checkLangChainMessages(result.messages)).toEqual([]);
  });

  test("a message that contains only a copy of a dropped call is dropped with it", () => {
    const copy = { type: "tool_use", id: "c1", name: "look", input: {} };
    const messages = [human, { type: "ai", data: { content: [copy], tool_calls: [call("c1")] } }, said];
    expect(repairLangChainMessages(messages, "drop").messages).toEqual([human, said]);
  });

  test("calls that the model malformed become calls, and are answered", () => {
    const invalid = {
      id: "c1",
      name: "look",
      args: '{"a":',
      error: "Unexpected end",
      type: "invalid_tool_call",
    };
    const raw = { tool_calls: [{ id: "c1", function: { name: "look", arguments: '{"a":' } }], other: 1 };
    const data = { content: "", invalid_tool_calls: [invalid], additional_kwargs: raw };
    const { messages, changes } = repairLangChainMessages([{ type: "ai", data }, human], "synthesize");
    expect(changes.map(({ code }) => code)).toEqual(["arguments-invalid", "result-missing"]);
    expect(messages[0]?.["data"]).toEqual({
      content: "",
      tool_calls: [{ id: "c1", name: "look", args: { raw: '{"a":' }, type: "tool_call" }],
      invalid_tool_calls: [],
      additional_kwargs: { other: 1 },
    });
    expect(messages[1]).toEqual(interrupted);
  });

  describe("calls that only an early LangChain stored, in the form of OpenAI,", () => {
    const early = (...ids: string[]) => {
      const calls = ids.map((id) => ({
        id,
        type: "function",
        function: { name: "look", arguments: '{"a":1}' },
      }));
      return { type: "ai", data: { content: "", additional_kwargs: { tool_calls: calls } } };
    };

    test("are valid with their results", () => {
      expect(repairLangChainMessages([human, early("c1"), tool("c1"), said], "stop").changes).toEqual([]);
      const { data } = early("c1");
      const empty = { ...data, tool_calls: [], invalid_tool_calls: [] };
      expect(checkLangChainMessages([human, { type: "ai", data: empty }, tool("c1"), said])).toEqual([]);
    });

    test("may be those of the deprecated functions", () => {
      const extra = { function_call: { name: "look", arguments: "{}" } };
      const asks = { type: "ai", data: { content: "", additional_kwargs: extra } };
      const answer = { type: "function", data: { content: "blue", name: "look" } };
      expect(checkLangChainMessages([human, asks, answer, said])).toEqual([]);
    });

    test("are answered, or become calls of a later LangChain if they change", () => {
      const path = "$[0].data.additional_kwargs.tool_calls[1]";
      expect(checkLangChainMessages([early("c1", "c2"), tool("c1"), said])).toMatchObject([{ path }]);
      expect(repairLangChainMessages([early("c1"), human], "synthesize").messages).toEqual([
        early("c1"),
        interrupted,
        human,
      ]);
      const calls = [{ id: "c1", name: "look", args: { a: 1 }, type: "tool_call" }];
      expect(repairLangChainMessages([early("c1", "c2"), tool("c1"), said], "drop").messages[0]).toEqual({
        type: "ai",
        data: { content: "", tool_calls: calls, additional_kwargs: {} },
      });
    });
  });

  test("the copies of calls in the content follow the calls", () => {
    const use = (id: string): object => ({ type: "tool_use", id, name: "look", input: {} });
    const data = { content: [use("a b"), use("c2")], tool_calls: [call("a b"), call("c2")] };
    const messages = [{ type: "ai", data }, tool("a b"), said];
    const { messages: dropped } = repairLangChainMessages(messages, "drop");
    expect(dropped[0]).toEqual({ type: "ai", data: { content: [use("a b")], tool_calls: [call("a b")] } });
  });

  test("calls that only the content contains are answered or dropped, and are valid with their results", () => {
    const use = { type: "tool_use", id: "c1", name: "look", input: { a: 1 } };
    const words = { type: "text", text: "Let me see." };
    const asks = { type: "ai", data: { content: [words, use], tool_calls: [] } };
    const messages = [human, asks, human];
    expect(checkLangChainMessages(messages)).toMatchObject([
      { code: "result-missing", path: "$[1].data.content[1]" },
    ]);
    const repaired = [human, asks, interrupted, human];
    expect(repairLangChainMessages(messages, "synthesize").messages).toEqual(repaired);
    expect(checkLangChainMessages(repaired)).toEqual([]);
    expect(repairLangChainMessages(messages, "drop").messages).toEqual([
      human,
      { type: "ai", data: { content: [words], tool_calls: [] } },
      human,
    ]);
    const { content } = asks.data;
    const valid = [human, { type: "ai", data: { content } }, tool("c1"), said];
    expect(checkLangChainMessages(valid)).toEqual([]);
  });

  test.each(["synthesize", "drop"] as const)(
    "calls whose content is null receive an empty one (%s)",
    (policy) => {
      const { type, data } = ai(call("c1")) as { type: string; data: object };
      const messages = [human, { type, data: { ...data, content: null } }, tool("c1"), said];
      const expected = [{ code: "content-invalid", path: "$[1].data.content", action: "rewrite" }];
      expect(checkLangChainMessages(messages)).toHaveLength(1);
      const { messages: repaired, changes } = repairLangChainMessages(messages, policy);
      expect(changes).toMatchObject(expected);
      expect(repaired).toEqual([human, { type, data: { ...data, content: "" } }, tool("c1"), said]);
      expect(checkLangChainMessages(repaired)).toEqual([]);
    },
  );

  test.each(["synthesize", "drop"] as const)("calls without content receive an empty one (%s)", (policy) => {
    const messages = [human, { type: "ai", data: { tool_calls: [call("c1")] } }, tool("c1"), said];
    const expected = [{ code: "content-invalid", path: "$[1].data.content", action: "rewrite" }];
    const { messages: repaired, changes } = repairLangChainMessages(messages, policy);
    expect(changes).toMatchObject(expected);
    expect(repaired).toEqual([human, ai(call("c1")), tool("c1"), said]);
    expect(checkLangChainMessages(repaired)).toEqual([]);
  });

  test("results take the form of the messages", () => {
    const messages = read("serialized-messages.json").toSpliced(3, 1);
    const { messages: repaired } = repairLangChainMessages(messages, "synthesize");
    expect(repaired[3 + 1]).toMatchObject({
      lc: 1,
      type: "constructor",
      id: ["langchain_core", "messages", "ToolMessage"],
      kwargs: { tool_call_id: "toolu_1", content: INTERRUPTED_RESULT },
    });
  });

  test.each([[undefined], ["[]"], [{}]])("must be an array instead of %j", (messages) => {
    const rejection = expect.objectContaining({ code: "THREAD_INVALID", path: "$" }) as Error;
    expect(() => checkLangChainMessages(messages)).toThrow(rejection);
  });

  test("are not changed by the policy to stop, and stay with valid messages", () => {
    const path = "$[1].data.tool_calls[0]";
    const rejection = expect.objectContaining({ code: "THREAD_INVALID", path }) as Error;
    expect(() => repairLangChainMessages([human, ai(call("c1"))], "stop")).toThrow(rejection);
    const valid = [human, ai(call("c1")), tool("c1"), said];
    expect(repairLangChainMessages(valid, "stop")).toEqual({ messages: valid, changes: [] });
    expect(checkLangChainMessages(valid, { tools: ["other"] })).toMatchObject([{ code: "tool-gone" }]);
  });
});

/** Returns a call without its result, or a result without its call. */
function findUnpaired(messages: readonly JsonObject[]): unknown {
  let open: unknown[] = [];
  for (const message of [...messages, {}]) {
    const { role, data = {} } = readMembers(message) ?? {};
    if (role === "tool") {
      const { tool_call_id: id } = data;
      if (!open.includes(id)) return "result";
      open = open.toSpliced(open.indexOf(id), 1);
    } else {
      if (open.length > 0) return `call ${open.join()}`;
      open = ["tool_calls", "invalid_tool_calls"].flatMap((name) => {
        const list = role === "assistant" ? data[name] : undefined;
        return Array.isArray(list) ? list.map((each) => (each as JsonObject)["id"]) : [];
      });
    }
  }
  return undefined;
}

describe.each(GOLDEN)("%s", (name) => {
  test.each<RepairPolicy>(["synthesize", "drop"])("with a fault at any path is repaired (%s)", (policy) => {
    const valid = repairLangChainMessages(read(name), "synthesize").messages as JsonValue;
    const single = [...damage(valid)].filter((_damaged, index) => index % STRIDE === 0);
    for (const { title, document } of [...single, ...damageTwice(valid, 200 / STRIDE)]) {
      const { messages } = repairLangChainMessages(document, policy);
      expect(findUnpaired(messages), title).toBeUndefined();
      expect(repairLangChainMessages(messages, policy).changes, title).toEqual([]);
    }
  });
});

test("docs/repairing-a-thread.md lists the kinds of finding", () => {
  const docs = readFileSync(new URL("../../../../docs/repairing-a-thread.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `([a-z-]+)` \|.*\| [TSLU ]*L[TSLU ]* \| [^|]+ \|$/gm)].map(
    ([, code]) => code,
  );
  expect(new Set(rows)).toEqual(new Set([...CASES.map(([code]) => code), "tool-gone"]));
});
