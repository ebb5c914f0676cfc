import { memoryStore } from "@threadstore/core";
import { simulateReadableStream, type UIMessage } from "ai";
import { expect, test } from "vitest";
import { z } from "zod";
import { uiMessageStore } from "./index.ts";

/** A part of a model's stream, in the form of any version of the SDK. */
export type StreamChunk = { readonly type: string; readonly [name: string]: unknown };

/** One response of the model to a prompt in JSON: its chunks, or an error of its service. */
export type ModelResponse = readonly StreamChunk[] | ((prompt: string) => readonly StreamChunk[]);

/** Settings of the `APICallError` of any version of the SDK. */
export interface RejectionSettings {
  readonly message: string;
  readonly url: string;
  readonly requestBodyValues: object;
  readonly statusCode: number;
  readonly isRetryable: boolean;
}

/** Returns the settings of the error for a response of the service with this status. */
export function rejectionSettings(statusCode: number): RejectionSettings {
  const isRetryable = statusCode === 429 || statusCode >= 500;
  return { message: "Refused.", url: "https://x.test", requestBodyValues: {}, statusCode, isRetryable };
}

/** The tool that the model calls. `fail` returns an error that is not one of the model. */
export function weatherTool(fail: () => Error): {
  readonly inputSchema: z.ZodType<{ city: string }>;
  readonly execute: (input: { city: string }) => Promise<string>;
} {
  return {
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      if (city === "nowhere") throw fail();
      return `${city}: blue sky`;
    },
  };
}

/** Returns the `doStream` of a model of any version of the SDK, which gives these responses. */
export function streamResponses(
  responses: readonly ModelResponse[],
): (options: { readonly prompt: unknown }) => Promise<{ readonly stream: never }> {
  const rest = [...responses];
  return async ({ prompt }) => {
    const chunks = [{ type: "stream-start", warnings: [] }, ...respond(rest.shift(), prompt)];
    return { stream: simulateReadableStream({ chunks, chunkDelayInMs: 5 }) as never };
  };
}

/** Returns the chunks of a response. Throws the error of the model's service. */
function respond(response: ModelResponse | undefined, prompt: unknown): readonly StreamChunk[] {
  return typeof response === "function" ? response(JSON.stringify(prompt)) : (response ?? []);
}

/** The functions of a version of the SDK that a chat's endpoint needs. */
export interface SdkVersion {
  /** Whether the version reports the end of each step. */
  readonly reportsSteps: boolean;
  /** Returns the chunk that ends a response for this reason. */
  readonly finish: (reason: "stop" | "tool-calls") => StreamChunk;
  /** Returns the SDK's error for a response of the service with this status. */
  readonly rejection: (statusCode: number) => Error;
  /** Streams an answer to these messages as UI message chunks, with the options of a turn. */
  readonly stream: (
    messages: UIMessage[],
    turn: object,
    responses: readonly ModelResponse[],
    signal: AbortSignal,
  ) => Promise<ReadableStream<{ readonly type: string }>>;
}

export const question: UIMessage = {
  id: "1",
  role: "user",
  parts: [{ type: "text", text: "weather in Rome?" }],
};
export const call: StreamChunk = {
  type: "tool-call",
  toolCallId: "c",
  toolName: "weather",
  input: '{"city":"Rome"}',
};

/** Returns the chunks of a text. */
export function textChunks(text: string): StreamChunk[] {
  return [
    { type: "text-start", id: "t" },
    { type: "text-delta", id: "t", delta: text },
    { type: "text-end", id: "t" },
  ];
}

/** Defines the tests of `turn` with a version of the SDK, which the test file puts in the place of `ai`. */
export function testVersion(version: SdkVersion): void {
  testTurns(version);
  testInterruption(version);
  testRepair(version);
}

function testTurns({ reportsSteps, finish, stream }: SdkVersion): void {
  test("a turn saves the answer, and another turn follows", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const conversation = await chats.append("talk", [question], { trigger: "submit-message" });
    const saves: number[] = [];
    const turn = chats.turn(conversation);
    const onStepFinish = async (event: { messages: UIMessage[] }): Promise<void> => {
      await turn.onStepFinish(event);
      saves.push((await chats.load("talk"))?.messages.length ?? 0);
    };
    const responses = [
      [call, finish("tool-calls")],
      [...textChunks("Blue sky."), finish("stop")],
    ];
    await read(await stream(conversation.messages, { ...turn, onStepFinish }, responses, neverAborted()));
    const [, answer] = (await chats.load("talk"))?.messages ?? [];
    expect(answer?.id).toMatch(/^msg-\w{16}$/u);
    expect(answer?.parts.filter(({ type }) => type !== "step-start")).toMatchObject([
      { type: "tool-weather", state: "output-available", output: "Rome: blue sky" },
      { type: "text", text: "Blue sky." },
    ]);
    expect(saves).toEqual(reportsSteps ? [2, 2] : []);

    const thanks: UIMessage = { id: "3", role: "user", parts: [{ type: "text", text: "thanks" }] };
    const next = await chats.append("talk", [thanks], { trigger: "submit-message" });
    const more = [[...textChunks("Welcome."), finish("stop")]];
    await read(await stream(next.messages, chats.turn(next), more, neverAborted()));
    const texts = (await chats.load("talk"))?.messages.map(({ parts }) => parts.at(-1));
    expect(texts).toMatchObject([{}, { text: "Blue sky." }, { text: "thanks" }, { text: "Welcome." }]);
  });
}

function testInterruption({ stream }: SdkVersion): void {
  test("an aborted answer is stored without what its service did not store", async () => {
    const chats = uiMessageStore({ store: memoryStore() });
    const conversation = await chats.append("talk", [question], { trigger: "submit-message" });
    const providerMetadata = { openai: { itemId: "rs_1" } };
    const stopping = new AbortController();
    const chunks = [
      { type: "reasoning-start", id: "r", providerMetadata },
      { type: "reasoning-delta", id: "r", delta: "Hm", providerMetadata },
      { type: "reasoning-end", id: "r", providerMetadata },
      { type: "text-start", id: "t", providerMetadata: { openai: { itemId: "msg_1" } } },
      { type: "text-delta", id: "t", delta: "Half" },
    ];
    const turn = chats.turn(conversation);
    const streaming = await stream(conversation.messages, turn, [chunks], stopping.signal);
    await read(streaming, ({ type }) => {
      if (type === "text-delta") stopping.abort();
    });
    const [, answer] = (await chats.load("talk"))?.messages ?? [];
    expect(answer?.parts.filter(({ type }) => type !== "step-start")).toMatchObject([
      { type: "reasoning", text: "Hm", state: "done" },
      { type: "text", text: "Half", state: "done" },
    ]);
    expect(JSON.stringify(answer)).not.toContain("itemId");
  });
}

function testRepair({ finish, stream }: SdkVersion): void {
  test("a damaged conversation is repaired", async () => {
    const store = memoryStore();
    const parts = [
      { type: "hologram" },
      { type: "text", text: "Hi" },
      { type: "tool-weather", toolCallId: "c", state: "input-available", input: {} },
    ];
    const messages = [
      { id: "1", role: "assistant", parts },
      { ...question, id: "2" },
    ] as never;
    await store.save("talk", {
      format: "threadstore.thread",
      version: 1,
      kind: "ai-sdk-ui-messages",
      messages,
    });
    const chats = uiMessageStore({ store });
    const loaded = await chats.load("talk");
    expect(loaded?.findings.map(({ code }) => code)).toEqual(["content-invalid", "result-missing"]);
    const answer = [[...textChunks("Welcome."), finish("stop")]];
    await read(await stream(loaded?.messages ?? [], {}, answer, neverAborted()));
  });
}

export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

export async function read(
  stream: ReadableStream<{ readonly type: string }>,
  onChunk: (chunk: { readonly type: string }) => void = () => undefined,
): Promise<void> {
  for await (const chunk of stream) {
    if (chunk.type === "error") throw new Error(JSON.stringify(chunk));
    onChunk(chunk);
  }
}
