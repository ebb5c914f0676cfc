import {
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
import { testVersion } from "./versions.test-helper.ts";

vi.mock("ai", () => import("ai-6"));

testVersion({
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
      messages: await convertToModelMessages(messages as never),
      tools: { weather },
      stopWhen: stepCountIs(3),
      abortSignal: signal,
    });
    // Only this function of version 6 reports the end of each step.
    return createUIMessageStream({
      ...turn,
      ...("generateMessageId" in turn ? { generateId: turn.generateMessageId as () => string } : {}),
      execute: ({ writer }) => writer.merge(result.toUIMessageStream()),
    });
  },
});
