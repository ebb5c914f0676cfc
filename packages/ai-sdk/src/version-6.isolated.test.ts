import {
  APICallError,
  convertToModelMessages,
  createUIMessageStream,
  stepCountIs,
  streamText,
  tool,
} from "ai-6";
import { MockLanguageModelV3 } from "ai-6/test";
import { vi } from "vitest";
import { testRejections } from "./version-rejections.test-helper.ts";
import {
  rejectionSettings,
  type SdkVersion,
  streamResponses,
  testVersion,
  weatherTool,
} from "./versions.test-helper.ts";

vi.mock("ai", () => import("ai-6"));

const rejection = (statusCode: number): Error => new APICallError(rejectionSettings(statusCode));

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
    const model = new MockLanguageModelV3({ doStream: streamResponses(responses) });
    const result = streamText({
      model,
      messages: await convertToModelMessages(messages as never),
      tools: { weather: tool(weatherTool(() => rejection(400))) },
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
