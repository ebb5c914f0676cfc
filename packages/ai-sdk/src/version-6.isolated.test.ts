import {
  APICallError,
  convertToModelMessages,
  createUIMessageStream,
  simulateReadableStream,
  stepCountIs,
  streamText,
  tool,
} from "ai-6";
import { MockLanguageModelV3 } from "ai-6/test";
import { vi } from "vitest";
import { z } from "zod";
import { testRejections } from "./version-rejections.test-helper.ts";
import { respond, type SdkVersion, testVersion } from "./versions.test-helper.ts";

vi.mock("ai", () => import("ai-6"));

function rejection(statusCode: number): Error {
  const isRetryable = statusCode === 429 || statusCode >= 500;
  return new APICallError({
    message: "Refused.",
    url: "https://x.test",
    requestBodyValues: {},
    statusCode,
    isRetryable,
  });
}

const version: SdkVersion = {
  rejection,
  reportsSteps: true,
  finish: (reason) => {
    const usage = {
      inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 1, text: 1, reasoning: 0 },
    };
    return { type: "finish", finishReason: { unified: reason, raw: reason }, usage };
  },
  stream: async (messages, turn, responses, signal) => {
    const rest = [...responses];
    const model = new MockLanguageModelV3({
      doStream: async ({ prompt }) => {
        const chunks = [{ type: "stream-start", warnings: [] }, ...respond(rest.shift(), prompt)];
        return { stream: simulateReadableStream({ chunks, chunkDelayInMs: 5 }) as never };
      },
    });
    const weather = tool({
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        if (city === "nowhere") throw rejection(400);
        return `${city}: blue sky`;
      },
    });
    const result = streamText({
      model,
      messages: await convertToModelMessages(messages as never),
      tools: { weather },
      stopWhen: stepCountIs(3),
      abortSignal: signal,
      maxRetries: 0,
      onError: () => undefined,
    });
    // Only this function of version 6 reports the end of each step.
    return createUIMessageStream({
      ...turn,
      ...("generateMessageId" in turn ? { generateId: turn.generateMessageId as () => string } : {}),
      execute: ({ writer }) =>
        writer.merge(
          result.toUIMessageStream("onError" in turn ? { onError: turn.onError as () => string } : {}),
        ),
    });
  },
};

testVersion(version);
testRejections(version);
