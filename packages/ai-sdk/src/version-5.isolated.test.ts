import { APICallError, convertToModelMessages, stepCountIs, streamText, tool } from "ai-5";
import { vi } from "vitest";
import { testRejections } from "./version-rejections.test-helper.ts";
import {
  rejectionSettings,
  type SdkVersion,
  streamResponses,
  testVersion,
  weatherTool,
} from "./versions.test-helper.ts";

vi.mock("ai", () => import("ai-5"));

const rejection = (statusCode: number): Error => new APICallError(rejectionSettings(statusCode));

const version: SdkVersion = {
  rejection,
  reportsSteps: false,
  finish: (reason) => {
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
    return { type: "finish", finishReason: reason, usage };
  },
  stream: (messages, turn, responses, signal) => {
    // The mock of this version imports a package that it does not depend on.
    const model: Exclude<Parameters<typeof streamText>[0]["model"], string> = {
      specificationVersion: "v2",
      provider: "test",
      modelId: "m",
      supportedUrls: {},
      doGenerate: () => Promise.reject(new Error("The test only streams.")),
      doStream: streamResponses(responses),
    };
    const result = streamText({
      model,
      messages: convertToModelMessages(messages as never),
      tools: { weather: tool(weatherTool(() => rejection(400))) },
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
