import { memoryStore } from "@threadstore/core";
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from "ai";
import { expect, test } from "vitest";
import { uiMessageStore } from "./index.ts";
import { modelOf, PlainChat, startChatServer, startModelServer } from "./tools.test-helper.ts";

function textsOf(messages: readonly UIMessage[] = []): string[] {
  return messages.map(({ parts }) => parts.map((part) => (part.type === "text" ? part.text : "")).join(""));
}

test.each(["regenerates", "edits the question", "asks the next question"])(
  "a user stops an answer and %s at once",
  async (action) => {
    const mock = await startModelServer();
    let requests = 0;
    mock.on(
      { userMessage: /./u },
      () => ({ content: `Answer ${(requests += 1)}. `.padEnd(400, "and on ") }),
      {
        latency: 3,
      },
    );
    const chats = uiMessageStore({ store: memoryStore() });
    const api = await startChatServer(async (body, signal) => {
      const { id, message, trigger, messageId } = body as never;
      const conversation = await chats.append(id, [message], { trigger, messageId });
      const result = streamText({
        model: modelOf(mock.url, "responses"),
        messages: await convertToModelMessages(conversation.messages),
        abortSignal: signal,
      });
      const stream = toUIMessageStream({ stream: result.stream, ...chats.turn(conversation) });
      return createUIMessageStreamResponse({ stream });
    });
    const transport = new DefaultChatTransport<UIMessage>({
      api,
      prepareSendMessagesRequest: ({ id, messages, trigger, messageId }) => {
        return { body: { id, message: messages.at(-1), trigger, messageId } };
      },
    });
    let isStopped = false;
    const chat: PlainChat<UIMessage> = new PlainChat({ id: "talk", transport }, (messages) => {
      if (isStopped || (textsOf(messages)[1]?.length ?? 0) < 20) return;
      isStopped = true;
      void chat.stop();
    });
    await chat.sendMessage({ text: "q" });
    if (action === "regenerates") await chat.regenerate();
    else if (action === "edits the question") {
      await chat.sendMessage({ text: "edited", messageId: chat.messages[0]?.id ?? "" });
    } else await chat.sendMessage({ text: "next" });
    expect(chat.error).toBeUndefined();
    const stored = textsOf((await chats.load("talk"))?.messages);
    expect(stored.at(-1)).toMatch(/^Answer 2/u);
    expect(stored.length).toBe(action === "asks the next question" ? 4 : 2);
  },
);
