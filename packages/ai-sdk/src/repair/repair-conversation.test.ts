import { memoryStore } from "@threadstore/core";
import { convertToModelMessages, type UIMessage } from "ai";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { checkConversation, FINDING_CODES, repairConversation, uiMessageStore } from "../index.ts";

const header = { format: "threadstore.thread", version: 1, kind: "ai-sdk-ui-messages" };
const question = { id: "1", role: "user", parts: [{ type: "text", text: "Question" }] };
const next = { id: "3", role: "user", parts: [{ type: "text", text: "Next" }] };
const reasoning = {
  type: "reasoning",
  text: "Thinking",
  state: "done",
  providerMetadata: { openai: { itemId: "rs_1", reasoningEncryptedContent: "secret" }, other: { keep: 1 } },
};
const text = {
  type: "text",
  text: "Answer",
  state: "done",
  providerMetadata: { openai: { itemId: "msg_1" } },
};
const call = {
  type: "tool-look",
  toolCallId: "call_1",
  input: { what: "all" },
  callProviderMetadata: { openai: { itemId: "fc_1" } },
};

function answer(...parts: object[]): object {
  return { id: "2", role: "assistant", parts };
}

function open(state: string, members: object = {}): object {
  return { ...call, state, ...members };
}

const tools = { look: { inputSchema: z.object({ place: z.string() }) } };
const metadataSchema = z.object({ at: z.number() });

// The damage, the codes of its findings, and the schemas.
const damages: { [name: string]: [unknown, string[], object?] } = {
  nothing: [[question, answer(reasoning, text), next], []],
  "a call that waits for the page": [[question, answer(reasoning, open("input-available"))], []],
  "reasoning alone": [[question, answer(reasoning), next], ["reasoning-dangling"]],
  "reasoning before a source": [
    [question, answer(reasoning, { type: "source-url", sourceId: "s", url: "https://x.test" }), next],
    ["reasoning-dangling"],
  ],
  "reasoning that streams": [
    [question, answer({ ...reasoning, state: "streaming" })],
    ["text-incomplete", "service-item-missing", "reasoning-dangling"],
  ],
  "text that streams": [
    [question, answer(reasoning, { ...text, state: "streaming" })],
    ["text-incomplete", "service-item-missing", "service-item-missing"],
  ],
  "arguments that stream": [
    [question, answer(reasoning, open("input-streaming"))],
    ["call-incomplete", "service-item-missing", "reasoning-dangling"],
  ],
  "a call without a result": [
    [question, answer(reasoning, open("input-available")), next],
    ["result-missing", "service-item-missing", "service-item-missing"],
  ],
  "a provider's call without a result": [
    [question, answer(reasoning, open("input-available", { providerExecuted: true })), next],
    ["result-missing", "service-item-missing", "reasoning-dangling"],
  ],
  "a preliminary result": [
    [question, answer(reasoning, open("output-available", { output: 1, preliminary: true })), next],
    ["result-missing", "service-item-missing", "service-item-missing"],
  ],
  "an approval that was passed over": [
    [question, answer(reasoning, open("approval-requested", { approval: { id: "a" } })), next],
    ["result-missing"],
  ],
  "an approved call that did not run": [
    [question, answer(open("approval-responded", { approval: { id: "a", approved: true } })), next],
    ["result-missing", "service-item-missing"],
  ],
  "a denied call": [
    [question, answer(open("approval-responded", { approval: { id: "a", approved: false } })), next],
    ["result-missing"],
  ],
  "a bigint": [
    [
      question,
      answer(open("output-available", { output: { rows: [{ $bigint: "9007199254740993" }] } })),
      next,
    ],
    ["value-not-json"],
  ],
  "an encoded value of no known type": [
    [question, answer(text, { type: "data-x", data: { $later: "?" } })],
    ["content-invalid"],
  ],
  "an unknown part": [[question, answer(text, { type: "hologram", text: "Hi" })], ["content-invalid"]],
  "a part that is no object": [
    [question, answer(text), { ...next, parts: [null] }],
    ["content-invalid", "message-empty"],
  ],
  "a part without a type": [[question, answer(text, {})], ["content-invalid"]],
  "malformed metadata of a provider": [
    [question, answer({ ...text, providerMetadata: "openai" })],
    ["content-invalid"],
  ],
  "a call in an unknown state": [[question, answer(open("paused"))], ["content-invalid"]],
  "a finished call of another schema": [
    [question, answer(open("output-available", { output: 1 })), next],
    ["arguments-invalid"],
    { tools },
  ],
  "an open call of another schema": [
    [question, answer(open("approval-requested", { approval: { id: "a" } }))],
    ["arguments-invalid"],
    { tools },
  ],
  "an open call of a tool that is gone": [
    [question, answer(open("input-available"))],
    ["tool-gone"],
    { tools: {} },
  ],
  "data of another schema": [
    [question, answer(text, { type: "data-chart", data: "x" })],
    ["content-invalid"],
    { dataSchemas: { chart: z.array(z.number()) } },
  ],
  "metadata of another schema": [
    [
      { ...question, metadata: { at: 1 } },
      { ...answer(text), metadata: { at: "x" } },
    ],
    ["metadata-invalid"],
    { metadataSchema },
  ],
  "a repeated call id": [
    [
      question,
      answer(open("output-available", { output: 1 }), open("output-available", { output: 2 })),
      next,
      { ...answer(open("output-available", { output: 3 })), id: "4" },
    ],
    ["call-id-duplicated", "call-id-duplicated"],
  ],
  "an open call and its result": [
    [question, answer(open("input-available"), open("output-available", { output: 1 }))],
    ["call-id-duplicated"],
  ],
  "a result and a copy of it": [
    [question, answer(open("output-available", { output: 1 }), open("output-available", { output: 1 }))],
    ["call-id-duplicated"],
  ],
  "two results of the last answer with one id": [
    [question, answer(open("output-available", { output: 1 }), open("output-available", { output: 2 }))],
    ["call-id-duplicated"],
  ],
  "two calls with one id that wait for approval": [
    [
      question,
      answer(
        open("approval-requested", { approval: { id: "a" } }),
        open("approval-requested", { approval: { id: "b" }, input: { what: "more" } }),
      ),
    ],
    ["call-id-duplicated"],
  ],
  "a call that waits and another one with its id that was approved": [
    [
      question,
      answer(
        open("approval-requested", { approval: { id: "a" } }),
        open("approval-responded", { approval: { id: "b", approved: true }, input: { what: "more" } }),
      ),
    ],
    ["call-id-duplicated"],
  ],
  "three calls with one id": [
    [
      question,
      answer(open("input-available"), open("input-available"), open("input-available", { input: {} })),
    ],
    ["call-id-duplicated", "call-id-duplicated"],
  ],
  "an empty call id": [
    [question, answer(open("output-available", { output: 1, toolCallId: "" })), next],
    ["call-id-invalid"],
  ],
  "a call without a name": [
    [question, answer(text, open("output-available", { output: 1, type: "tool-" })), next],
    ["call-invalid"],
  ],
  "files with invalid URLs": [
    [
      { ...question, parts: [{ type: "file", mediaType: "image/png", url: "a.png" }] },
      answer(text, { type: "reasoning-file", mediaType: "image/png", url: "" }),
      next,
    ],
    ["content-invalid", "content-invalid"],
  ],
  "data URLs without data": [
    [
      { ...question, parts: [{ type: "file", mediaType: "image/png", url: "data:x" }] },
      answer(text, { type: "file", mediaType: "image/png", url: "DATA:image/png;base64" }),
      next,
    ],
    ["content-invalid", "content-invalid"],
  ],
  "items of a service whose ids are not strings": [
    [
      question,
      answer(
        reasoning,
        { ...text, providerMetadata: { openai: { itemId: 5 } } },
        { ...open("output-available", { output: 1 }), callProviderMetadata: { azure: { itemId: {} } } },
      ),
      next,
    ],
    ["service-item-missing", "service-item-missing"],
  ],
  "reasoning that two answers have": [
    [
      question,
      answer(reasoning, text),
      next,
      { ...answer(reasoning, { ...text, providerMetadata: {} }), id: "4" },
    ],
    ["service-item-duplicated"],
  ],
  "an answer twice, with other ids": [
    [question, answer(reasoning, text), next, { ...answer(reasoning, text), id: "4" }],
    ["service-item-duplicated", "service-item-duplicated"],
  ],
  "an item in two steps of an answer": [
    [question, answer(reasoning, text, { type: "step-start" }, reasoning, { ...text, providerMetadata: {} })],
    ["service-item-duplicated"],
  ],
  "an item that is a text and reasoning": [
    [question, answer(reasoning, { ...text, providerMetadata: reasoning.providerMetadata })],
    ["service-item-duplicated"],
  ],
  "an item of two calls": [
    [
      question,
      answer(
        open("output-available", { output: 1 }),
        open("output-available", { output: 2, toolCallId: "call_2" }),
      ),
      next,
    ],
    ["service-item-duplicated"],
  ],
  "a search of the provider twice": [
    [
      question,
      answer(open("output-available", { output: 1, providerExecuted: true }), text),
      next,
      { ...answer(open("output-available", { output: 1, providerExecuted: true }), text), id: "4" },
      { ...next, id: "5" },
    ],
    ["call-id-duplicated"],
  ],
  "an item of two searches of the provider": [
    [
      question,
      answer(open("output-available", { output: 1, providerExecuted: true })),
      next,
      {
        ...answer(open("output-available", { output: 1, providerExecuted: true, toolCallId: "c" })),
        id: "4",
      },
    ],
    ["service-item-duplicated"],
  ],
  "parts of the same item": [
    [question, answer(reasoning, reasoning, text, { ...text, text: "More" }), next],
    [],
  ],
  "items of two providers with one id": [
    [question, answer(reasoning, { ...text, providerMetadata: { azure: { itemId: "rs_1" } } }), next],
    [],
  ],
  "a message that is not an object": [[question, 7], ["message-invalid"]],
  "an unknown role": [[question, { id: "2", role: "robot", parts: [text] }], ["role-unknown"]],
  "a missing id": [[question, { role: "assistant", parts: [text] }], ["message-id-invalid"]],
  "a repeated id": [[question, { ...next, id: "1" }], ["message-id-invalid"]],
  "a repeated message": [[question, question], ["message-duplicated"]],
  "a question without parts": [[question, { id: "2", role: "user", parts: [] }], ["message-empty"]],
  "parts that are not an array": [
    [question, { id: "2", role: "assistant", parts: "Hi" }],
    ["content-invalid"],
  ],
  "messages that are not an array": [{}, []],
  "a message of version 4": [
    [
      question,
      {
        id: "2",
        role: "assistant",
        content: "Sunny",
        reasoning: "Look",
        toolInvocations: [
          { state: "result", toolCallId: "c", toolName: "look", args: { what: "all" }, result: "sun" },
        ],
        experimental_attachments: [{ url: "https://x.test/a.png", contentType: "image/png" }],
      },
      next,
    ],
    ["message-outdated"],
  ],
  "parts of version 4": [
    [
      question,
      {
        id: "2",
        role: "assistant",
        content: "Sunny",
        parts: [
          { type: "step-start" },
          { type: "reasoning", reasoning: "Look", details: [] },
          {
            type: "tool-invocation",
            toolInvocation: { state: "call", toolCallId: "c", toolName: "look", args: {} },
          },
          { type: "source", source: { sourceType: "url", id: "s", url: "https://x.test" } },
          { type: "file", mimeType: "image/png", data: "AA==" },
          { type: "text", text: "Sunny" },
        ],
      },
      next,
    ],
    ["message-outdated", "result-missing"],
  ],
};

describe.each(Object.entries(damages))("%s", (_name, [messages, codes, schemas]) => {
  const thread = { ...header, messages } as never;

  test("is found and repaired once, and the repaired thread can be loaded and sent", async () => {
    const findings = await checkConversation(thread, schemas);
    expect(findings.map(({ code }) => code)).toEqual(codes);
    const repaired = await repairConversation(JSON.stringify(thread), schemas);
    expect(repaired.changes).toEqual(findings);
    expect(await checkConversation(repaired.thread, schemas)).toEqual([]);
    const isIntact = codes.length === 0 && Array.isArray(messages);
    expect(JSON.stringify(repaired.thread) === JSON.stringify(thread)).toBe(isIntact);
    const store = memoryStore();
    await store.save("talk", repaired.thread);
    const loaded = await uiMessageStore({ store, ...schemas }).load("talk");
    expect(loaded?.findings).toEqual([]);
    const sent = await convertToModelMessages(loaded?.messages ?? []);
    expect(() => JSON.stringify([loaded?.messages, sent])).not.toThrow();
  });

  const isList = Array.isArray(messages);
  test.runIf(isList)(
    "does not prevent loading, appending and another answer, which keep the rest",
    async () => {
      const store = memoryStore();
      await store.save("talk", thread);
      const reported: unknown[] = [];
      const onFindings = (found: readonly unknown[]): void => void reported.push(...found);
      const chats = uiMessageStore({ store, onFindings, ...schemas });
      const loaded = await chats.load("talk");
      expect(loaded?.findings.map(({ code }) => code)).toEqual(codes);
      expect(reported).toEqual(loaded?.findings);
      expect((await store.load("talk"))?.thread).toEqual(thread);
      const metadata = schemas !== undefined && "metadataSchema" in schemas ? { metadata: { at: 2 } } : {};
      const last = { ...next, ...metadata, id: "9" } as UIMessage;
      const conversation = await chats.append("talk", [last]);
      const turn = chats.turn(conversation);
      const sent = await convertToModelMessages(conversation.messages);
      expect(JSON.stringify(sent)).not.toMatch(/streaming/u);
      const otherText = { ...text, providerMetadata: { openai: { itemId: "msg_10" } } };
      const final = { ...answer(otherText), ...metadata, id: "10" } as UIMessage;
      await turn.onEnd({ messages: [...turn.originalMessages, final], finishReason: "stop" });
      const after = await chats.load("talk");
      expect(after?.messages.at(-1)).toEqual(final);
      expect(after?.messages).toHaveLength(conversation.messages.length + 1);
    },
  );
});

test("on request, all answers lose what only their service knows", async () => {
  const thread = {
    ...header,
    messages: [
      question,
      answer(reasoning, open("output-available", { output: 1 })),
      next,
      { ...answer(text), id: "4" },
    ],
  } as never;
  const { thread: repaired, changes } = await repairConversation(thread, { serviceItems: "drop" });
  expect(new Set(changes.map(({ code }) => code))).toEqual(new Set(["service-item-missing"]));
  expect(JSON.stringify(repaired)).not.toMatch(/itemId|secret/u);
  expect(JSON.stringify(repaired)).toContain('"keep":1');
  const store = memoryStore();
  await store.save("talk", thread);
  const loaded = await uiMessageStore({ store, serviceItems: "drop" }).load("talk");
  expect(JSON.stringify(loaded?.messages)).not.toMatch(/itemId|secret/u);
});

test("a bigint is stored as a string, so that JSON.stringify accepts every later message", async () => {
  const store = memoryStore();
  const chats = uiMessageStore({ store });
  const output = { rows: [{ id: 9_007_199_254_740_993n, at: new Map([[1n, 2n]]) }] };
  const conversation = await chats.append("talk", [question as UIMessage]);
  const message = answer({ type: "step-start" }, open("output-available", { output })) as UIMessage;
  await chats.turn(conversation).onEnd({ messages: [question as UIMessage, message], finishReason: "stop" });
  const loaded = await chats.load("talk");
  expect(loaded?.findings).toEqual([]);
  expect(loaded?.messages[1]?.parts[1]).toHaveProperty("output", {
    rows: [{ id: "9007199254740993", at: {} }],
  });
  await convertToModelMessages(loaded?.messages ?? []);
});

test.each([
  ["not JSON", "THREAD_INVALID"],
  ["[]", "THREAD_INVALID"],
  ["{}", "THREAD_MISMATCH"],
  [JSON.stringify({ ...header, version: 9, messages: [] }), "THREAD_TOO_NEW"],
])("%s is rejected", async (thread, code) => {
  const error: unknown = await checkConversation(thread).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code });
  // The cause of the parser would quote the conversation.
  expect((error as Error).cause).toBeUndefined();
});

// A store does not contain such threads, so only a repair receives them.
const half = "\ud83d";
test.each<[string, object, string]>([
  ["a question", { ...question, parts: [{ type: "text", text: `Hi${half}` }] }, ".parts[0].text"],
  [
    "the low half of a character",
    { ...question, parts: [{ type: "text", text: "\udc4d" }] },
    ".parts[0].text",
  ],
  ["a result", answer(open("output-available", { output: [{ a: half }] })), ".parts[0].output[0].a"],
  ["the name of a member", answer(open("output-available", { output: { [half]: 1 } })), ".parts[0].output"],
  ["an id", { ...question, id: half }, ".id"],
  ["a type", answer(text, { type: `data-${half}`, data: 1 }), ".parts[1].type"],
])("half of a character in %s is replaced, so that the thread can be saved", async (_name, message, path) => {
  const messages = [
    { ...question, id: "0" },
    message,
    { ...next, parts: [{ type: "text", text: "Whole: 👍" }] },
  ];
  const thread = { ...header, messages } as never;
  await expect(memoryStore().save("talk", thread)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  const { thread: repaired, changes } = await repairConversation(JSON.stringify(thread));
  expect(changes).toMatchObject([{ code: "text-malformed", path: `$.messages[1]${path}` }]);
  expect(await checkConversation(thread)).toEqual(changes);
  expect(await checkConversation(repaired)).toEqual([]);
  expect(JSON.stringify(repaired)).toBe(JSON.stringify(thread).replace(/\\ud83d|\\udc4d/u, "\ufffd"));
  await memoryStore().save("talk", repaired);
});

test("half of a character outside of the messages is replaced, too", async () => {
  const thread = { ...header, messages: [question], title: half } as never;
  const { thread: repaired, changes } = await repairConversation(thread);
  expect(changes).toMatchObject([{ code: "text-malformed", path: "$.title" }]);
  await memoryStore().save("talk", repaired);
});

const long = "é".repeat(300);
const limits = { textLength: { value: 200 } };

test.each<[string, object, string[], object?]>([
  ["a question", { ...question, parts: [{ type: "text", text: long }] }, ["parts[0].text"]],
  ["an answer", answer({ type: "text", text: long }), ["parts[0].text"]],
  ["reasoning", answer({ type: "reasoning", text: long }, { type: "text", text: "Hi" }), ["parts[0].text"]],
  ["a result", answer(open("output-available", { output: long })), ["parts[0].output"]],
  ["a result that is not a text", answer(open("output-available", { output: [long] })), ["parts[0].output"]],
  ["an error", answer(open("output-error", { errorText: long })), ["parts[0].errorText"]],
  ["arguments", answer(open("output-available", { output: 1, input: { what: long } })), ["parts[0].input"]],
  [
    "arguments and their result, with a schema of the tool",
    answer(open("output-available", { output: long, input: { what: long } })),
    ["parts[0].output", "parts[0].input"],
    { tools: { look: { inputSchema: z.object({ what: z.string() }) } } },
  ],
])("%s that is longer than the provider accepts is shortened", async (_name, message, paths, schemas) => {
  const thread = { ...header, messages: [{ ...next, id: "0" }, message] } as never;
  const options = { ...schemas, limits };
  expect(await checkConversation(thread, schemas)).toEqual([]);
  const { thread: repaired, changes } = await repairConversation(thread, options);
  expect(changes).toMatchObject(
    paths.map((path) => ({ code: "text-too-long", path: `$.messages[1].${path}` })),
  );
  expect(await checkConversation(repaired, options)).toEqual([]);
  expect(JSON.stringify(repaired)).toMatch(/characters/u);
  expect(JSON.stringify(repaired)).not.toContain(long);
  const store = memoryStore();
  await store.save("talk", thread);
  const loaded = await uiMessageStore({ store, ...options }).load("talk");
  expect(loaded?.findings).toEqual(changes);
  await convertToModelMessages(loaded?.messages ?? []);
});

test("the application decides how a text is shortened", async () => {
  const messages = [{ ...question, parts: [{ type: "text", text: `${"a".repeat(151)}👍${long}` }] }];
  const thread = { ...header, messages } as never;
  const repaired = await repairConversation(thread, {
    limits,
    shorten: ({ length }) => `${length} characters`,
  });
  expect(JSON.stringify(repaired.thread)).toContain('"453 characters"');
  for (const shorten of [(longText: string) => longText, () => undefined as never]) {
    const { thread: cut } = await repairConversation(thread, { limits, shorten });
    expect(JSON.stringify(cut)).toMatch(/a\\n\[The text was cut here\. It had 453 characters\.\]"/u);
  }
});

test.each([
  [{ limits: 5 }, "limits"],
  [{ limits: { textLength: { value: 0.5 } } }, "limits.textLength.value"],
  [{ limits: { textLength: { value: 10 } } }, "limits.textLength.value"],
  [{ shorten: "cut" }, "shorten"],
])("the options %j are rejected", async (options, path) => {
  const thread = { ...header, messages: [] } as never;
  await expect(repairConversation(thread, options as never)).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    path,
  });
  expect(() => uiMessageStore({ store: memoryStore(), ...(options as object) })).toThrow(
    `\`${path}\` must be`,
  );
});

test.each(["a search of the provider twice", "an item of two searches of the provider"])(
  "%s: one is dropped, because a new id would not name an item of the service",
  async (name) => {
    const [messages] = damages[name] ?? [];
    const { thread } = await repairConversation({ ...header, messages } as never);
    expect(JSON.stringify(thread).match(/"providerExecuted":true/gu)).toHaveLength(1);
    expect(JSON.stringify(thread).match(/fc_1/gu)).toHaveLength(1);
  },
);

test("every code has a case", () => {
  const found = Object.values(damages).flatMap(([, expected]) => expected);
  const codes = new Set([...found, "text-malformed", "text-too-long"]);
  expect(codes).toEqual(new Set(FINDING_CODES));
});
