import { join } from "node:path";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { sqliteStore } from "@threadstore/sqlite";
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  generateText,
  isToolUIPart,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  stepCountIs,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConversationError, modelMessageStore, uiMessageStore } from "./index.ts";
import {
  lastMessages,
  modelOf,
  PlainChat,
  protocols,
  type Protocol,
  startChatServer,
  startModelServer,
  temporaryFolder,
  weatherTool,
} from "./tools.test-helper.ts";

function textsOf(messages: readonly UIMessage[] = []): string[] {
  return messages.map(({ role, parts }) => {
    const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
    return `${role}: ${text}`;
  });
}

function rolesOf(messages: readonly { readonly role: string }[]): string {
  return messages.map(({ role }) => role).join(" ");
}

type StreamPart =
  Awaited<ReturnType<MockLanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part>
    ? Part
    : never;

interface ServerParts {
  readonly store: ThreadStore;
  readonly modelUrl: string;
  readonly protocol?: Protocol;
  readonly removed?: string[];
}

/** Starts the README's endpoint: clients send their last message, and answers are saved while they are generated. */
function startServer({ store, modelUrl, protocol = "chat", removed = [] }: ServerParts): Promise<string> {
  const tools = { weather: weatherTool(), remove: weatherTool((city) => void removed.push(city)) };
  const chats = uiMessageStore({ store });
  return startChatServer(async ({ id, messages }, signal) => {
    const conversation = await chats.append(id, messages.slice(-1));
    const result = streamText({
      model: modelOf(modelUrl, protocol),
      messages: await convertToModelMessages(conversation.messages, { tools }),
      tools,
      toolApproval: { remove: "user-approval" },
      stopWhen: stepCountIs(5),
      maxRetries: 0,
      abortSignal: signal,
      // Without a handler, the SDK prints errors.
      onError: () => undefined,
    });
    const stream = toUIMessageStream({ stream: result.stream, ...chats.turn(conversation) });
    return createUIMessageStreamResponse({ stream });
  });
}

function chatWith(api: string, messages: UIMessage[] = []): PlainChat<UIMessage> {
  return new PlainChat({
    id: "talk",
    messages,
    transport: new DefaultChatTransport({ api }),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
}

describe.each(protocols)("with the %s protocol", (protocol) => {
  test("a chat's messages are stored, and a reloaded page continues", async () => {
    const mock = await startModelServer();
    mock.on({ userMessage: "thanks" }, { content: "Welcome." });
    mock.on({ hasToolResult: true, userMessage: "Rome" }, { content: "Blue sky in Rome." });
    mock.on({ userMessage: "Rome" }, { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
    const store = sqliteStore({ path: join(temporaryFolder(), "threads.db") });
    onTestFinished(() => store.close());
    const api = await startServer({ store, modelUrl: mock.url, protocol });

    const chat = chatWith(api);
    await chat.sendMessage({ text: "weather in Rome?" });
    expect(chat.error).toBeUndefined();
    const chats = uiMessageStore({ store });
    const loaded = await chats.load("talk");
    expect(textsOf(loaded?.messages)).toEqual(["user: weather in Rome?", "assistant: Blue sky in Rome."]);
    // As the page received them: JSON has no undefined members.
    expect(loaded?.messages).toEqual(JSON.parse(JSON.stringify(chat.messages)));
    expect(loaded?.messages[1]?.id).toMatch(/^msg-\w{16}$/u);

    const reloaded = chatWith(api, loaded?.messages);
    await reloaded.sendMessage({ text: "thanks" });
    expect(textsOf((await chats.load("talk"))?.messages).slice(2)).toEqual([
      "user: thanks",
      "assistant: Welcome.",
    ]);
    expect(rolesOf(lastMessages(mock))).toBe("user assistant tool assistant user");
  });

  test.each([
    [true, ["a.txt"], "Removed."],
    [false, [], "Kept."],
  ])(
    "an approval is stored and answered with %s on a reloaded page, and the tool runs at most once",
    async (approved, expectedRemovals, answer) => {
      const mock = await startModelServer();
      mock.on({ hasToolResult: true }, { content: answer });
      mock.on({ userMessage: "remove" }, { toolCalls: [{ name: "remove", arguments: '{"city":"a.txt"}' }] });
      const store = memoryStore();
      const removed: string[] = [];
      const api = await startServer({ store, modelUrl: mock.url, protocol, removed });
      await chatWith(api).sendMessage({ text: "remove a.txt" });
      const chats = uiMessageStore({ store });
      const pending = await chats.load("talk");
      const part = pending?.messages.at(-1)?.parts.find(isToolUIPart);
      expect(part?.state).toBe("approval-requested");
      expect(removed).toEqual([]);

      const reloaded = chatWith(api, pending?.messages);
      await reloaded.addToolApprovalResponse({ id: part?.approval?.id ?? "", approved });
      const texts = async (): Promise<string[]> => textsOf((await chats.load("talk"))?.messages);
      await expect.poll(texts).toEqual(["user: remove a.txt", `assistant: ${answer}`]);
      const after = await chats.load("talk");
      expect(removed).toEqual(expectedRemovals);
      expect(after?.messages.map(({ id }) => id)).toEqual(pending?.messages.map(({ id }) => id));
      expect(after?.messages.at(-1)?.parts.find(isToolUIPart)?.approval?.approved).toBe(approved);
    },
  );

  test("tabs that post concurrently lose no messages", async () => {
    const mock = await startModelServer();
    mock.on({ userMessage: /question/u }, ({ messages }) => {
      return { content: `Answer to ${JSON.stringify(messages.at(-1)?.content)}` };
    });
    const store = memoryStore();
    const api = await startServer({ store, modelUrl: mock.url, protocol });
    const tabs = [chatWith(api), chatWith(api), chatWith(api)];
    for (let round = 0; round < 5; round++) {
      await Promise.all(tabs.map((tab, index) => tab.sendMessage({ text: `question ${index}.${round}` })));
    }
    expect(tabs.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
    const stored = (await uiMessageStore({ store }).load("talk"))?.messages ?? [];
    expect(stored).toHaveLength(30);
    const shown = tabs.flatMap(({ messages }) => messages.map((message) => JSON.stringify(message)));
    const keys = stored.map((message) => JSON.stringify(message));
    expect(new Set(keys).size).toBe(30);
    expect(new Set(keys.map((key) => (JSON.parse(key) as UIMessage).id))).toEqual(
      new Set(shown.map((key) => (JSON.parse(key) as UIMessage).id)),
    );
  });
});

test("a failed model request leaves the question and no empty answer", async () => {
  const mock = await startModelServer();
  mock.on({ userMessage: "fail" }, { error: { message: "down", type: "server_error" }, status: 500 });
  mock.on({ userMessage: "hello" }, { content: "Hi." });
  const store = memoryStore();
  const api = await startServer({ store, modelUrl: mock.url });
  const chat = chatWith(api);
  await chat.sendMessage({ text: "fail" });
  expect(chat.status).toBe("error");
  expect(textsOf((await uiMessageStore({ store }).load("talk"))?.messages)).toEqual(["user: fail"]);
  const again = chatWith(api, (await uiMessageStore({ store }).load("talk"))?.messages);
  await again.sendMessage({ text: "hello" });
  expect(textsOf(again.messages)).toEqual(["user: fail", "user: hello", "assistant: Hi."]);
});

describe("an answer that ends early", () => {
  const long = "All the words of a long answer, one after the other, and then some more of them. ".repeat(4);

  test("because it was aborted is stored as far as it was generated, and the conversation continues", async () => {
    const mock = await startModelServer();
    mock.on({ userMessage: "long" }, { content: long }, { latency: 5 });
    mock.on({ userMessage: "hello" }, { content: "Hi." });
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const conversation = await chats.append("talk", [
      { id: "1", role: "user", parts: [{ type: "text", text: "a long one" }] },
    ]);
    const stop = new AbortController();
    const result = streamText({
      model: modelOf(mock.url, "chat"),
      messages: await convertToModelMessages(conversation.messages),
      abortSignal: stop.signal,
    });
    const response = result.toUIMessageStreamResponse(chats.turn(conversation));
    let received = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      received += chunk;
      if (received.includes("text-delta")) stop.abort();
    }
    expect(received).toContain('"type":"abort"');
    const [, answer] = textsOf((await chats.load("talk"))?.messages);
    expect(long.startsWith(answer?.replace("assistant: ", "") ?? "?")).toBe(true);
    expect(answer?.length).toBeLessThan(long.length);

    const after = await chats.append("talk", [
      { id: "3", role: "user", parts: [{ type: "text", text: "hello" }] },
    ]);
    const messages = await convertToModelMessages(after.messages, { ignoreIncompleteToolCalls: true });
    const { text } = await generateText({ model: modelOf(mock.url, "chat"), messages });
    expect(text).toBe("Hi.");
  });

  test("because the page was closed is stored as far as it was generated", async () => {
    const mock = await startModelServer();
    mock.on({ userMessage: "long" }, { content: long }, { latency: 10 });
    const store = memoryStore();
    const api = await startServer({ store, modelUrl: mock.url });
    const chat: PlainChat<UIMessage> = new PlainChat(
      { id: "talk", transport: new DefaultChatTransport({ api }) },
      (messages) => {
        if ((textsOf(messages)[1]?.length ?? 0) > 20) void chat.stop();
      },
    );
    await chat.sendMessage({ text: "a long one" });
    const chats = uiMessageStore({ store });
    await expect.poll(async () => (await chats.load("talk"))?.messages.length).toBe(2);
    const [, answer = ""] = textsOf((await chats.load("talk"))?.messages);
    expect(answer.length).toBeGreaterThan(20);
    expect(answer.length).toBeLessThan(long.length);
  });

  test("because its stream was cancelled is stored as far as it was generated", async () => {
    const deltas = ["So", " far", " and no", " further"].map((delta) => {
      return { type: "text-delta", id: "t", delta } as const;
    });
    // The model sends nothing more, and never finishes.
    const stream = new ReadableStream<StreamPart>({
      start: (controller) => {
        controller.enqueue({ type: "text-start", id: "t" });
        for (const delta of deltas) controller.enqueue(delta);
      },
    });
    const model = new MockLanguageModelV4({ doStream: { stream } });
    const chats = uiMessageStore({ store: memoryStore() });
    const conversation = await chats.append("talk", [
      { id: "1", role: "user", parts: [{ type: "text", text: "hello" }] },
    ]);
    const result = streamText({ model, messages: await convertToModelMessages(conversation.messages) });
    const reader = result.toUIMessageStreamResponse(chats.turn(conversation)).body?.getReader();
    let received = "";
    while (!received.includes("further")) received += new TextDecoder().decode((await reader?.read())?.value);
    await reader?.cancel();
    const stored = async (): Promise<string[]> => textsOf((await chats.load("talk"))?.messages);
    await expect.poll(stored).toEqual(["user: hello", "assistant: So far and no further"]);
  });
});

test("if two turns continue the same message, the second rejects with its unsaved messages", async () => {
  const mock = await startModelServer();
  let answers = 0;
  mock.on({ userMessage: "go on" }, () => ({ content: ` and so on (${(answers += 1)})` }));
  const chats = uiMessageStore({ store: memoryStore() });
  const start = await chats.appendTrusted("talk", [
    { id: "1", role: "user", parts: [{ type: "text", text: "go on" }] },
    { id: "2", role: "assistant", parts: [{ type: "text", text: "So" }] },
  ]);
  const turns = [chats.turn(start), chats.turn(start)];
  const outcomes = await Promise.all(
    turns.map(async (turn) => {
      const result = streamText({
        model: modelOf(mock.url, "chat"),
        messages: await convertToModelMessages(start.messages),
      });
      return result
        .toUIMessageStreamResponse(turn)
        .text()
        .then(
          () => "saved",
          (error: unknown) => error,
        );
    }),
  );
  const failures = outcomes.filter((outcome) => outcome !== "saved");
  expect(failures).toHaveLength(1);
  expect(failures[0]).toSatisfy((error) => ConversationError.is(error, "CONFLICT"));
  const { unsaved } = failures[0] as ConversationError;
  const stored = (await chats.load("talk"))?.messages;
  const both = [stored, unsaved as UIMessage[]].map((messages) => textsOf(messages)[1]);
  expect(new Set(both)).toEqual(new Set(["assistant: So and so on (1)", "assistant: So and so on (2)"]));
});

test("a turn keeps an empty message that was stored before, and does not save an empty answer", async () => {
  const chats = uiMessageStore({ store: memoryStore() });
  const empty: UIMessage = { id: "1", role: "assistant", parts: [] };
  const conversation = await chats.appendTrusted("talk", [empty]);
  const turn = chats.turn(conversation);
  await turn.onStepEnd({
    messages: [empty, { id: "2", role: "assistant", parts: [{ type: "step-start" }] }],
  });
  expect((await chats.load("talk"))?.messages).toEqual([empty]);
});

test("a turn keeps messages that another request saves between its steps", async () => {
  const mock = await startModelServer();
  mock.on({ hasToolResult: true }, { content: "Blue sky in Rome." });
  mock.on({ userMessage: "Rome" }, { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
  const chats = uiMessageStore({ store: memoryStore() });
  const question: UIMessage = { id: "1", role: "user", parts: [{ type: "text", text: "Rome?" }] };
  const conversation = await chats.append("talk", [question]);
  const other: UIMessage = { id: "2", role: "user", parts: [{ type: "text", text: "And I?" }] };
  const turn = chats.turn(conversation, { metadata: { title: "Rome" } });
  const result = streamText({
    model: modelOf(mock.url, "chat"),
    messages: await convertToModelMessages(conversation.messages),
    tools: { weather: weatherTool() },
    stopWhen: stepCountIs(3),
  });
  const steps: string[][] = [];
  const response = result.toUIMessageStreamResponse({
    ...turn,
    onStepEnd: async (event) => {
      await turn.onStepEnd(event);
      if (steps.length === 0) await chats.append("talk", [other]);
      steps.push(textsOf((await chats.load("talk"))?.messages));
    },
  });
  await response.text();
  expect(steps).toEqual([
    ["user: Rome?", "assistant: ", "user: And I?"],
    ["user: Rome?", "assistant: Blue sky in Rome.", "user: And I?"],
  ]);
  const after = await chats.load("talk");
  expect(textsOf(after?.messages)).toEqual(steps[1]);
  expect(after?.metadata).toEqual({ title: "Rome" });
});

test.each(protocols)(
  "an agent continues from stored model messages and tool results, with the %s protocol",
  async (protocol) => {
    const mock = await startModelServer();
    mock.on({ userMessage: "thanks" }, { content: "Welcome." });
    mock.on({ hasToolResult: true }, { content: "Blue sky in Rome." });
    mock.on({ userMessage: "Rome" }, { toolCalls: [{ name: "weather", arguments: '{"city":"Rome"}' }] });
    const agents = modelMessageStore({ store: memoryStore() });
    for (const content of ["weather in Rome?", "thanks"]) {
      const { messages } = await agents.append("talk", [{ role: "user", content }]);
      const result = await generateText({
        model: modelOf(mock.url, protocol),
        messages,
        tools: { weather: weatherTool() },
        stopWhen: stepCountIs(3),
      });
      await agents.append("talk", result.responseMessages);
    }
    expect(rolesOf(lastMessages(mock))).toBe("user assistant tool assistant user");
    const { messages = [] } = (await agents.load("talk")) ?? {};
    expect(rolesOf(messages)).toBe("user assistant tool assistant user assistant");
  },
);

test("a stored image is sent to the model as the same bytes", async () => {
  const mock = await startModelServer();
  mock.on({ userMessage: "image" }, { content: "A dot." });
  const agents = modelMessageStore({ store: memoryStore() });
  const data = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
  const ask = async (text: string): Promise<void> => {
    const content = [
      { type: "text", text } as const,
      { type: "file", mediaType: "image/png", data } as const,
    ];
    const { messages } = await agents.append("talk", [{ role: "user", content }]);
    const result = await generateText({ model: modelOf(mock.url, "chat"), messages });
    await agents.append("talk", result.responseMessages);
  };
  await ask("first image");
  await ask("second image");
  const [first, , second] = lastMessages(mock);
  const image_url = { url: `data:image/png;base64,${Buffer.from(data).toString("base64")}` };
  for (const message of [first, second]) {
    expect(message?.content).toContainEqual({ type: "image_url", image_url });
  }
});
