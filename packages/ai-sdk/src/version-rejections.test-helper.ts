import { memoryStore } from "@threadstore/core";
import type { UIMessage } from "ai";
import { expect, test } from "vitest";
import { delaySaves } from "./delay-saves.test-helper.ts";
import { type Conversation, errorsLast, uiMessageStore } from "./index.ts";
import {
  call,
  type ModelResponse,
  neverAborted,
  question,
  type SdkVersion,
  type StreamChunk,
  textChunks,
} from "./versions.test-helper.ts";

/** Defines the tests of rejected requests with a version of the SDK. */
export function testRejections(version: SdkVersion): void {
  testQuestions(version);
  testErrors(version);
  testResults(version);
}

function testQuestions({ finish, rejection, stream }: SdkVersion): void {
  test.each([
    [400, true],
    [413, true],
    [422, true],
    [403, false],
    [429, false],
    [503, false],
  ])("a question that is rejected with status %i is left out: %s", async (statusCode, isLeftOut) => {
    const chats = uiMessageStore({ store: memoryStore() });
    const prompts: string[] = [];
    const ask = async (id: string, text: string): Promise<void> => {
      const message: UIMessage = { id, role: "user", parts: [{ type: "text", text }] };
      const conversation = await chats.append("talk", [message], { trigger: "submit-message" });
      const response: ModelResponse = (prompt) => {
        prompts.push(prompt);
        if (id === "1") throw rejection(statusCode);
        return [...textChunks("Welcome."), finish("stop")];
      };
      const { promptMessages } = conversation;
      const streaming = await stream(promptMessages, chats.turn(conversation), [response], neverAborted());
      await readAll(streaming);
    };
    await ask("1", "BAD");
    expect((await chats.load("talk"))?.rejectedIds).toEqual(isLeftOut ? ["1"] : []);
    await ask("2", "next");
    expect(prompts[1]?.includes("BAD")).toBe(!isLeftOut);
    expect((await chats.load("talk"))?.messages.map(({ role }) => role)).toEqual([
      "user",
      "user",
      "assistant",
    ]);
  });
}

function testErrors({ rejection, stream }: SdkVersion): void {
  const response: ModelResponse = () => {
    throw rejection(400);
  };

  test("a page that loads the chat when an error arrives sees what was noted", async () => {
    const store = memoryStore();
    const chats = uiMessageStore({ store });
    const conversation = await chats.append("talk", [question], { trigger: "submit-message" });
    delaySaves(store);
    const turn = chats.turn(conversation);
    const streaming = await stream(conversation.promptMessages, turn, [response], neverAborted());
    const loaded: (readonly string[] | undefined)[] = [];
    for await (const { type } of streaming.pipeThrough(errorsLast())) {
      if (type === "error") loaded.push((await chats.load("talk"))?.rejectedIds);
    }
    expect(loaded).toEqual([[question.id]]);
  });
}

function testResults(version: SdkVersion): void {
  const { finish, rejection } = version;

  test("a result that is rejected in a later step is left out", async () => {
    const loaded = await answerAfterCall(version, "BAD", () => {
      throw rejection(400);
    });
    expect(loaded?.rejectedIds).toEqual([]);
    expect(JSON.stringify(loaded?.messages)).toContain("BAD: blue sky");
    expect(JSON.stringify(loaded?.promptMessages)).not.toContain("BAD: blue sky");
  });

  test("an error of a tool is not a rejection", async () => {
    const loaded = await answerAfterCall(version, "nowhere", [...textChunks("Sorry."), finish("stop")]);
    expect(JSON.stringify(loaded?.messages)).toContain("Sorry.");
    expect(loaded?.promptMessages).toEqual(loaded?.messages);
  });
}

/** Answers a question with a call of the tool for a city and another response. Returns the stored conversation. */
async function answerAfterCall(
  { finish, stream }: SdkVersion,
  city: string,
  response: ModelResponse,
): Promise<Conversation<UIMessage> | undefined> {
  const chats = uiMessageStore({ store: memoryStore() });
  const conversation = await chats.append("talk", [question], { trigger: "submit-message" });
  const toolCall: StreamChunk = { ...call, input: JSON.stringify({ city }) };
  const responses = [[toolCall, finish("tool-calls")], response];
  const turn = chats.turn(conversation);
  await readAll(await stream(conversation.promptMessages, turn, responses, neverAborted()));
  return chats.load("talk");
}

/** Reads a stream, whatever it contains. */
async function readAll(stream: ReadableStream<unknown>): Promise<void> {
  await stream.pipeTo(new WritableStream());
}
