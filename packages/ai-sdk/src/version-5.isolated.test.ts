import {
  APICallError,
  convertToModelMessages,
  simulateReadableStream,
  stepCountIs,
  streamText,
  tool,
} from "ai-5";
import { vi } from "vitest";
import { z } from "zod";
import { testRejections } from "./version-rejections.test-helper.ts";
import { respond, type SdkVersion, testVersion } from "./versions.test-helper.ts";

vi.mock("ai", () => import("ai-5"));

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
  reportsSteps: false,
  finish: (reason) => {
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
    return { type: "finish", finishReason: reason, usage };
  },
  stream: (messages, turn, responses, signal) => {
    const rest = [...responses];
    // The mock of this version imports a package that it does not depend on.
    const model: Exclude<Parameters<typeof streamText>[0]["model"], string> = {
      specificationVersion: "v2",
      provider: "test",
      modelId: "m",
      supportedUrls: {},
      doGenerate: () => Promise.reject(new Error("The test only streams.")),
      doStream: async ({ prompt }) => {
        const chunks = [{ type: "stream-start", warnings: [] }, ...respond(rest.shift(), prompt)];
        return { stream: simulateReadableStream({ chunks, chunkDelayInMs: 5 }) as never };
      },
    };
    const weather = tool({
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        if (city === "nowhere") throw rejection(400);
        return `${city}: blue sky`;
      },
    });
    const result = streamText({
      model,
      messages: convertToModelMessages(messages as never),
      tools: { weather },
      stopWhen: stepCountIs(3),
      abortSignal: signal,
      maxRetries: 0,
      onError: () => undefined,
    });
    return Promise.resolve(result.toUIMessageStream(turn));
  },
};

testVersion(version);
testRejections(version);
