import { convertToModelMessages, simulateReadableStream, stepCountIs, streamText, tool } from "ai5";
import { MockLanguageModelV2 } from "ai5/test";
import { vi } from "vitest";
import { z } from "zod";
import { testVersion } from "./versions.test-helper.ts";

vi.mock("ai", () => import("ai5"));

testVersion({
  reportsSteps: false,
  finish: (reason) => {
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
    return { type: "finish", finishReason: reason, usage };
  },
  stream: (messages, turn, responses, signal) => {
    const rest = [...responses];
    const model = new MockLanguageModelV2({
      doStream: () => {
        const chunks = [{ type: "stream-start", warnings: [] }, ...(rest.shift() ?? [])];
        return Promise.resolve({ stream: simulateReadableStream({ chunks, chunkDelayInMs: 5 }) as never });
      },
    });
    const weather = tool({
      inputSchema: z.object({ city: z.string() }),
      execute: ({ city }) => Promise.resolve(`${city}: blue sky`),
    });
    const result = streamText({
      model,
      messages: convertToModelMessages(messages as never),
      tools: { weather },
      stopWhen: stepCountIs(3),
      abortSignal: signal,
    });
    return Promise.resolve(result.toUIMessageStream(turn));
  },
});
