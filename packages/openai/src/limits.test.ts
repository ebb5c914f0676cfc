import { readFileSync } from "node:fs";
import { PROVIDER_LIMITS, type FindingCode, type Provider } from "@threadstore/agent";
import type { JsonValue, SerializedThread } from "@threadstore/core";
import { OpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { damageTwice } from "../../agent/dist/repair/damage.test-helper.js";
import {
  answer,
  asks,
  call,
  messagesOf,
  result,
  thanks,
  threadOf,
  user,
  type Messages,
} from "../../agent/dist/repair/threads.test-helper.js";
import { checkThread, createChatAgent, repairThread } from "./index.ts";
import { findProviderRejection } from "./strict-server/provider-rules.test-helper.ts";

const PROVIDERS = Object.keys(PROVIDER_LIMITS) as Provider[];
const MAXIMUM = 10_485_760;
const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
const said = { role: "assistant", content: "Blue sky." };
const text = { type: "text", text: "a chart" };
const many = Array.from({ length: 131 }, (_, index) => `c${index}`);
const signed = { ...call("abcdefghi"), extra_content: { google: { thought_signature: "c2ln" } } };

const agent = createChatAgent({
  client: new OpenAI({ baseURL: "http://127.0.0.1:1", apiKey: "k" }),
  model: "m",
});

function rejectionOf(provider: Provider, messages: Messages): object | undefined {
  return findProviderRejection(provider, { messages: messages as never })?.error;
}

describe("a provider rejects a thread, and accepts the repaired one", () => {
  test.each<[string, Provider, FindingCode, string, Messages]>([
    [
      "131 calls in a message",
      "openai",
      "calls-too-many",
      "$.messages[1].tool_calls",
      [user, asks(...many.map((id) => call(id))), ...many.map((id) => result(id)), answer],
    ],
    [
      "131 calls in a message, with their results in another order",
      "azure",
      "calls-too-many",
      "$.messages[1].tool_calls",
      [user, asks(...many.map((id) => call(id))), ...many.map((id) => result(id)).toReversed(), answer],
    ],
    [
      "a result that is one character too long",
      "openai",
      "text-too-long",
      "$.messages[2].content",
      [user, asks(call("c1")), result("c1", "x".repeat(MAXIMUM + 1)), answer],
    ],
    [
      "a part that is too long",
      "azure",
      "text-too-long",
      "$.messages[0].content[1].text",
      [{ role: "user", content: [text, { type: "text", text: "x".repeat(MAXIMUM + 1) }] }],
    ],
    [
      "arguments that are too long",
      "openai",
      "text-too-long",
      "$.messages[1].tool_calls[0].function.arguments",
      [user, asks(call("c1", "f", JSON.stringify({ a: "x".repeat(MAXIMUM) }))), result("c1"), answer],
    ],
    ["a name with a space", "openai", "name-invalid", "$.messages[0].name", [{ ...user, name: "Ann B." }]],
    [
      "a name of 65 characters",
      "azure",
      "name-invalid",
      "$.messages[0].name",
      [{ ...user, name: "a".repeat(65) }],
    ],
    [
      "an empty name of a function",
      "openai",
      "name-invalid",
      "$.messages[1].name",
      [user, { role: "function", name: "", content: "5" }],
    ],
    ["a name that is a number", "openai", "name-invalid", "$.messages[0].name", [{ ...user, name: 5 }]],
    ...[5, null, ["f"]].map((name): [string, Provider, FindingCode, string, Messages] => [
      `the name ${JSON.stringify(name)} of a tool`,
      "openai",
      "name-invalid",
      "$.messages[2].name",
      [user, asks(call("c1")), { ...result("c1"), name }, answer],
    ]),
    [
      "an image in a tool result",
      "openai",
      "part-unsupported",
      "$.messages[2].content[1]",
      [user, asks(call("c1"), call("c2")), result("c1", [text, image]), result("c2"), answer],
    ],
    [
      "an image in the last tool result",
      "openai",
      "part-unsupported",
      "$.messages[2].content[0]",
      [user, asks(call("c1")), result("c1", [image])],
    ],
    [
      "an image in a system message",
      "openai",
      "part-unsupported",
      "$.messages[0].content[0]",
      [{ role: "system", content: [image] }, user],
    ],
    [
      "an image",
      "deepseek",
      "part-unsupported",
      "$.messages[0].content[1]",
      [{ role: "user", content: [text, image] }],
    ],
    [
      "an image in a tool result",
      "mistral",
      "part-unsupported",
      "$.messages[2].content[0]",
      [user, asks(call("abcdefghi")), result("abcdefghi", [image]), said],
    ],
    [
      "a call id of OpenAI",
      "mistral",
      "call-id-invalid",
      "$.messages[1].tool_calls[0].id",
      [user, asks(call("call_abc")), result("call_abc"), said, thanks],
    ],
    [
      "reasoning",
      "mistral",
      "member-unsupported",
      "$.messages[1].reasoning_content",
      [user, { role: "assistant", content: "Hi", reasoning_content: "Greet." }],
    ],
    ["a name", "mistral", "member-unsupported", "$.messages[0].name", [{ ...user, name: "ann" }]],
    [
      "a user message after a result",
      "mistral",
      "answer-missing",
      "$.messages[3]",
      [user, asks(call("abcdefghi")), result("abcdefghi"), thanks],
    ],
    [
      "reasoning",
      "groq",
      "member-unsupported",
      "$.messages[1].reasoning_content",
      [user, { role: "assistant", content: "Hi", reasoning_content: "Greet." }],
    ],
    [
      "a call without reasoning",
      "deepseek",
      "member-missing",
      "$.messages[1].reasoning_content",
      [user, asks(call("c1")), result("c1"), answer],
    ],
    [
      "a call id of Kimi",
      "anthropic",
      "call-id-invalid",
      "$.messages[1].tool_calls[0].id",
      [user, asks(call("functions.f:0")), result("functions.f:0"), answer],
    ],
    [
      "a part that only other servers know",
      "openai",
      "part-unsupported",
      "$.messages[0].content[1]",
      [{ role: "user", content: [text, { type: "video_url", video_url: { url: "https://a.example/v" } }] }],
    ],
    [
      "a part of a model's thoughts",
      "azure",
      "part-unsupported",
      "$.messages[1].content[0]",
      [user, { role: "assistant", content: [{ type: "thinking", thinking: [] }, text] }],
    ],
    [
      "a result of parts",
      "deepseek",
      "content-invalid",
      "$.messages[2].content",
      [
        user,
        { ...asks(call("c1")), reasoning_content: "Hm." },
        result("c1", [text, { type: "text", text: "and a table" }]),
        said,
      ],
    ],
    [
      "an answer of parts",
      "deepseek",
      "content-invalid",
      "$.messages[1].content",
      [user, { role: "assistant", content: [text] }],
    ],
    [
      "an empty question",
      "anthropic",
      "message-empty",
      "$.messages[2]",
      [user, said, { role: "user", content: "" }, { role: "assistant", content: "Rain." }],
    ],
    [
      "a question of blanks",
      "anthropic",
      "message-empty",
      "$.messages[0]",
      [{ role: "user", content: [{ type: "text", text: "  " }] }, user],
    ],
    [
      "a call without a signature in a turn that continues",
      "gemini",
      "member-missing",
      "$.messages[3].tool_calls[0].extra_content",
      [
        user,
        said,
        user,
        asks(call("c1"), call("c2")),
        ...["c1", "c2"].map((id) => ({ ...result(id), name: "f" })),
      ],
    ],
    [
      "a result without a name",
      "gemini",
      "member-missing",
      "$.messages[2].name",
      [user, asks(call("c1")), result("c1"), answer],
    ],
  ])("%s: %s", async (_name, provider, code, path, messages) => {
    const thread = threadOf(messages);
    expect(rejectionOf(provider, messages)).toBeDefined();
    expect(checkThread(thread, { provider })).toMatchObject([{ code, path }]);
    const { thread: repaired, changes } = repairThread(thread, "synthesize", { provider });
    expect(changes).toMatchObject([{ code, path }]);
    expect(rejectionOf(provider, messagesOf(repaired))).toBeUndefined();
    expect(checkThread(repaired, { provider })).toEqual([]);
    expect((await agent.deserializeThread(repaired)).messages).toEqual(messagesOf(repaired));
    expect(checkThread(thread, { provider: "other" })).toEqual([]);
    const stop = { [code]: "stop" };
    expect(() => repairThread(thread, stop, { provider })).toThrow(
      expect.objectContaining({ path }) as Error,
    );
  });

  test("members of a call that Mistral rejects", () => {
    const thread = threadOf([user, asks(signed), result("abcdefghi"), answer, thanks]);
    const path = "$.messages[1].tool_calls[0].extra_content";
    const { thread: repaired, changes } = repairThread(thread, "drop", { provider: "mistral" });
    expect(changes.map((change) => change.path)).toEqual([path, "$.messages[3].refusal"]);
    expect(messagesOf(repaired)[1]).toEqual(asks(call("abcdefghi")));
  });
});

describe("a split message", () => {
  const results = many.map((id) => result(id));
  const messages = [user, { ...asks(...many.map((id) => call(id))), content: "Wait." }, ...results, answer];

  test("loses nothing and keeps its text at the first calls", () => {
    const { thread } = repairThread(threadOf(messages), "synthesize");
    expect(messagesOf(thread)).toEqual([
      user,
      { ...asks(...many.slice(0, 128).map((id) => call(id))), content: "Wait." },
      ...results.slice(0, 128),
      asks(...many.slice(128).map((id) => call(id))),
      ...results.slice(128),
      answer,
    ]);
  });

  test("of an open turn closes the turn, because operation ids contain the positions of its calls", async () => {
    const calls = many.map((callId) => ({ callId, state: "approval-needed" }));
    const turn = { id: "t", start: 0, rounds: 1, calls };
    const thread = threadOf(messages.slice(0, 2), { turn });
    const { thread: repaired } = repairThread(thread, "synthesize");
    expect(checkThread(repaired)).toEqual([]);
    expect(rejectionOf("openai", messagesOf(repaired))).toBeUndefined();
    expect((await agent.deserializeThread(repaired)).openTurn).toBeUndefined();
  });
});

describe("a text that is too long", () => {
  const long = `${"x".repeat(MAXIMUM - 100)}${"😀".repeat(100)}`;
  const thread = threadOf([user, asks(call("c1")), result("c1", long), answer]);

  function contentOf(shorten?: (text: string, maximum: number) => string): string {
    const { thread: repaired } = repairThread(thread, "synthesize", { shorten });
    return (messagesOf(repaired)[2] as { content: string }).content;
  }

  test("is cut with a note that says how much is missing", () => {
    const content = contentOf();
    const [, missing] =
      /\n\[The text was cut here: (\d+) of its 10485860 characters are missing\.\]$/.exec(content) ?? [];
    expect(content.lastIndexOf("\n[")).toBe(long.length - Number(missing));
    expect(content.isWellFormed()).toBe(true);
  });

  test("is replaced by what `shorten` returns", () => {
    expect(contentOf(() => "See file 7.")).toBe("See file 7.");
    expect(contentOf((value) => `\ud83d${value}`).slice(0, 4)).toBe("\ufffdxxx");
    expect(contentOf(() => 5 as never).slice(0, 4)).toBe("xxxx");
  });
});

test("the images of an open turn are replaced, because a message after its results would end it", async () => {
  const turn = { id: "t", start: 0, rounds: 1, calls: [{ callId: "c2", state: "approval-needed" }] };
  const thread = threadOf([user, asks(call("c1"), call("c2")), result("c1", [image])], { turn });
  const { thread: repaired, changes } = repairThread(thread, "synthesize");
  expect(changes).toMatchObject([{ code: "part-unsupported", action: "drop" }]);
  expect((await agent.deserializeThread(repaired)).openTurn?.approvals).toHaveLength(1);
});

test.each([
  [{ provider: "OpenAI" }, "provider"],
  [{ provider: "toString" }, "provider"],
  [{ shorten: "cut" }, "shorten"],
])("the options %o are rejected", (options, path) => {
  const rejection = expect.objectContaining({ code: "INVALID_ARGUMENT", path }) as Error;
  expect(() => checkThread(threadOf([]), options as never)).toThrow(rejection);
});

test.each(PROVIDERS)(
  "%s accepts every repaired thread, and a second repair does not change it",
  async (provider) => {
    const golden = readFileSync(new URL("golden/chat-thread-v1.json", import.meta.url), "utf8");
    const identity = { kind: "chat", agent: "Assistant", provider };
    const valid = JSON.parse(golden) as JsonValue;
    for (const { title, document } of [{ title: "valid", document: valid }, ...damageTwice(valid, 12)]) {
      const { thread } = repairThread(document as SerializedThread, "synthesize", identity);
      expect(repairThread(thread, "synthesize", { provider }).changes, title).toEqual([]);
      await agent.deserializeThread(thread, { acceptOtherAgent: true });
      const sent = messagesOf(thread);
      expect(rejectionOf(provider, sent), title).toBeUndefined();
    }
  },
);

test("docs/repairing-a-thread.md lists each limit and its source", () => {
  const docs = readFileSync(new URL("../../../docs/repairing-a-thread.md", import.meta.url), "utf8");
  const rows = [...docs.matchAll(/^\| `(\w+)` \| (`[\w`, ]+`) \|.*\| ([^|]+) \|$/gm)].flatMap(
    ([, limit, names = "", sources = ""]) =>
      [...names.matchAll(/\w+/g)].map(([provider]) => `${provider} ${limit} ${linksIn(sources)}`),
  );
  const limits = Object.entries(PROVIDER_LIMITS).flatMap(([provider, each]) =>
    Object.entries(each).map(([limit, { source }]) => `${provider} ${limit} ${linksIn(source)}`),
  );
  expect(rows.toSorted()).toEqual(limits.toSorted());
});

function linksIn(sources: string): string {
  return [...sources.matchAll(/https:[^\s),]+/g)].join(" ");
}

test.each<[Provider, string[]]>([
  ["gemini", []],
  ["other", []],
  ["openai", ["call-id-invalid"]],
  ["mistral", ["call-id-invalid"]],
])("an id with the signature of Gemini's thoughts, for %s, has the findings %j", (provider, codes) => {
  const id = `call_1__thought__${"y".repeat(500)}`;
  const calls = [{ id, type: "function", function: { name: "look", arguments: "{}" } }];
  const messages = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: null, tool_calls: calls },
    { role: "tool", tool_call_id: id, name: "look", content: "blue" },
    { role: "assistant", content: "It is blue." },
  ];
  const thread = { format: "threadstore.thread", version: 1, kind: "chat", agent: "Assistant", messages };
  expect(checkThread(thread, { provider }).map(({ code }) => code)).toEqual(codes);
});
