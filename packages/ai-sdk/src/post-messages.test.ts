import { memoryStore } from "@threadstore/core";
import {
  convertToModelMessages,
  type PrepareSendMessagesRequest,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  simulateReadableStream,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { describe, expect, test } from "vitest";
import { ConversationError, uiMessageStore, type UIMessageStore } from "./index.ts";
import { PlainChat } from "./tools.test-helper.ts";

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};

/** How the first answer of a model fails. */
type Failure = "none" | "request" | "stream";

/** Creates a model that answers `a1`, `a2` and so on, and the texts of each prompt it received. */
function countingModel(failure: Failure = "none"): { model: MockLanguageModelV4; prompts: string[][] } {
  const prompts: string[][] = [];
  const model = new MockLanguageModelV4({
    doStream: ({ prompt }) => {
      const texts: string[] = [];
      for (const { content } of prompt) {
        if (typeof content === "string") continue;
        for (const part of content) texts.push(part.type === "text" ? part.text : part.type);
      }
      prompts.push(texts);
      const error = new Error("The service is overloaded.");
      if (prompts.length === 1 && failure === "request") return Promise.reject(error);
      if (prompts.length === 1 && failure === "stream") {
        const chunks = [{ type: "error" as const, error }];
        return Promise.resolve({ stream: simulateReadableStream({ chunks }) });
      }
      return Promise.resolve({
        stream: simulateReadableStream({
          chunks: [
            { type: "stream-start", warnings: [] },
            { type: "text-start", id: "t" },
            { type: "text-delta", id: "t", delta: `a${prompts.length}` },
            { type: "text-end", id: "t" },
            { type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage },
          ],
        }),
      });
    },
  });
  return { model, prompts };
}

interface Setup {
  readonly chats: UIMessageStore<UIMessage>;
  readonly chat: PlainChat<UIMessage>;
  readonly prompts: string[][];
  readonly storedTexts: () => Promise<string[]>;
}

/** Connects the SDK's chat to the README's route. */
function setUp(failure: Failure = "none", prepare: typeof lastMessage | undefined = lastMessage): Setup {
  const chats = uiMessageStore({ store: memoryStore() });
  const { model, prompts } = countingModel(failure);
  const route = async (request: Request): Promise<Response> => {
    const { id, messages, trigger, messageId } = (await request.json()) as never;
    const conversation = await chats.append(id, messages, { trigger, messageId });
    const prompt = await convertToModelMessages(conversation.messages);
    const result = streamText({ model, messages: prompt, onError: () => undefined, maxRetries: 0 });
    const stream = toUIMessageStream({ stream: result.stream, ...chats.turn(conversation) });
    return createUIMessageStreamResponse({ stream });
  };
  const transport = new DefaultChatTransport<UIMessage>({
    api: "http://page/api/chat",
    fetch: (url, init) => route(new Request(url, init)),
    ...(prepare === undefined ? {} : { prepareSendMessagesRequest: prepare }),
  });
  const storedTexts = async (): Promise<string[]> => textsOf((await chats.load("talk"))?.messages);
  return { chats, chat: new PlainChat({ id: "talk", transport }), prompts, storedTexts };
}

const lastMessage: PrepareSendMessagesRequest<UIMessage> = ({ id, messages, trigger, messageId }) => {
  return { body: { id, messages: messages.slice(-1), trigger, messageId } };
};

function textsOf(messages: readonly UIMessage[] = []): string[] {
  return messages.map(({ parts }) => parts.map((part) => (part.type === "text" ? part.text : "")).join(""));
}

function question(id: string, text: string): UIMessage {
  return { id, role: "user", parts: [{ type: "text", text }] };
}

describe("the SDK's chat", () => {
  test.each([
    ["without an id", () => undefined],
    ["with the answer's id", (chat: PlainChat<UIMessage>) => chat.messages.at(-1)?.id],
    ["with the question's id", (chat: PlainChat<UIMessage>) => chat.messages.at(-2)?.id],
  ])("regenerates its last answer %s", async (_name, idOf) => {
    const { chat, prompts, storedTexts } = setUp();
    await chat.sendMessage({ text: "q1" });
    await chat.sendMessage({ text: "q2" });
    const messageId = idOf(chat);
    await chat.regenerate(messageId === undefined ? {} : { messageId });
    expect(chat.error).toBeUndefined();
    expect(prompts.at(-1)).toEqual(["q1", "a1", "q2"]);
    expect(await storedTexts()).toEqual(["q1", "a1", "q2", "a3"]);
    expect(textsOf(chat.messages)).toEqual(await storedTexts());
  });

  test("regenerates an earlier answer, which discards later turns", async () => {
    const { chat, prompts, storedTexts } = setUp();
    await chat.sendMessage({ text: "q1" });
    await chat.sendMessage({ text: "q2" });
    await chat.regenerate({ messageId: chat.messages[1]?.id ?? "" });
    expect(prompts.at(-1)).toEqual(["q1"]);
    expect(await storedTexts()).toEqual(["q1", "a3"]);
  });

  test.each([0, 2])("edits the question at %s, which discards later turns", async (index) => {
    const { chat, prompts, storedTexts } = setUp();
    await chat.sendMessage({ text: "q1" });
    await chat.sendMessage({ text: "q2" });
    await chat.sendMessage({ text: "edited", messageId: chat.messages[index]?.id ?? "" });
    expect(chat.error).toBeUndefined();
    expect(prompts.at(-1)).toEqual(index === 0 ? ["edited"] : ["q1", "a1", "edited"]);
    expect(await storedTexts()).toEqual(index === 0 ? ["edited", "a3"] : ["q1", "a1", "edited", "a3"]);
    expect(textsOf(chat.messages)).toEqual(await storedTexts());
    await chat.sendMessage({ text: "q3" });
    expect((await storedTexts()).slice(-3)).toEqual(["a3", "q3", "a4"]);
  });
});

describe("the next question is answered, whether the page posts all messages or the last one, after", () => {
  test.each<[string, Failure, typeof lastMessage | undefined]>([
    ["a request that failed", "request", lastMessage],
    ["a request that failed, with all messages", "request", undefined],
    ["a stream that failed", "stream", lastMessage],
    ["a stream that failed, with all messages", "stream", undefined],
  ])("%s", async (_, failure, prepare) => {
    const { chat, storedTexts } = setUp(failure, prepare);
    await chat.sendMessage({ text: "q1" });
    expect(chat.error).toBeDefined();
    for (const text of ["q2", "q3"]) await chat.sendMessage({ text });
    expect(chat.error).toBeUndefined();
    expect(await storedTexts()).toEqual(["q1", "q2", "a2", "q3", "a3"]);
  });
});

describe("an answer that is still being generated when its question is", () => {
  test.each(["edited", "answered again"])("%s is not saved, and is in the error", async (change) => {
    const { chats } = setUp();
    const first = await chats.append("talk", [question("1", "q")], { trigger: "submit-message" });
    const turn = chats.turn(first);
    const isEdit = change === "edited";
    await chats.append("talk", [question("1", isEdit ? "edited" : "q")], {
      trigger: isEdit ? "submit-message" : "regenerate-message",
      messageId: "1",
    });
    const late: UIMessage = { id: "2", role: "assistant", parts: [{ type: "text", text: "late" }] };
    const messages = [...turn.originalMessages, late];
    const ending = turn.onEnd({ messages, finishReason: "stop" });
    await expect(ending).rejects.toMatchObject({ code: "CONFLICT", unsaved: messages });
    // The stream of a stopped answer has no reader that could handle the error.
    await turn.onEnd({ messages, isAborted: true });
    await turn.onEnd({ messages, isCancelled: true });
    expect(textsOf((await chats.load("talk"))?.messages)).toEqual([isEdit ? "edited" : "q"]);
  });

  test("followed by another question is saved", async () => {
    const { chats } = setUp();
    const first = await chats.append("talk", [question("1", "q")], { trigger: "submit-message" });
    const turn = chats.turn(first);
    await chats.append("talk", [question("3", "other tab")], { trigger: "submit-message" });
    const late: UIMessage = { id: "2", role: "assistant", parts: [{ type: "text", text: "late" }] };
    await turn.onEnd({ messages: [...turn.originalMessages, late] });
    expect(textsOf((await chats.load("talk"))?.messages)).toEqual(["q", "other tab", "late"]);
  });
});

test("a repeated request is rejected once its message was answered, and accepted before", async () => {
  const { chats } = setUp();
  const post = (): Promise<unknown> =>
    chats.append("talk", [question("1", "q")], { trigger: "submit-message" });
  await post();
  await post();
  await chats.appendTrusted("talk", [{ id: "2", role: "assistant", parts: [{ type: "text", text: "a" }] }]);
  await expect(post()).rejects.toSatisfy((error) => ConversationError.is(error, "CONFLICT"));
  expect(textsOf((await chats.load("talk"))?.messages)).toEqual(["q", "a"]);
});

describe("a call that waits for approval", () => {
  const call = { type: "tool-pay", toolCallId: "c", input: {} } as const;
  const answer = (part: object): UIMessage => ({
    id: "2",
    role: "assistant",
    parts: [{ ...call, ...part } as unknown as UIMessage["parts"][number]],
  });
  const requested = answer({ state: "approval-requested", approval: { id: "a" } });
  const decided = (approved: boolean): UIMessage =>
    answer({ state: "approval-responded", approval: { id: "a", approved } });
  const options = { trigger: "submit-message", messageId: "2" } as const;

  test("is decided once, however often and in however many tabs the user clicks", async () => {
    const { chats } = setUp();
    await chats.appendTrusted("talk", [question("1", "q"), requested]);
    const clicks = Array.from({ length: 50 }, (_, index) => {
      return chats.append("talk", [decided(index % 2 === 0)], options);
    });
    const outcomes = await Promise.allSettled(clicks);
    const reasons = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    expect(reasons).toHaveLength(49);
    expect(reasons.every((reason) => ConversationError.is(reason, "CONFLICT"))).toBe(true);
  });

  test("is not run again by a late click after it has run", async () => {
    const { chats } = setUp();
    const answered = answer({ state: "output-available", output: 1 });
    await chats.appendTrusted("talk", [question("1", "q"), answered]);
    for (const late of [decided(true), requested]) {
      await expect(chats.append("talk", [late], options)).rejects.toMatchObject({ code: "CONFLICT" });
    }
  });
});

test.each([
  ["trigger", { trigger: "again" }],
  ["messageId", { messageId: 1 }],
])("an invalid %s is rejected", async (path, options) => {
  const { chats } = setUp();
  const appending = chats.append("talk", [question("1", "q")], options as never);
  await expect(appending).rejects.toMatchObject({ code: "INVALID_ARGUMENT", path });
  expect(await chats.load("talk")).toBeUndefined();
});
