import { convertToModelMessages, simulateReadableStream, stepCountIs, streamText, tool } from "ai-5";
import { vi } from "vitest";
import { z } from "zod";
import { testVersion } from "./versions.test-helper.ts";

vi.mock("ai", () => import("ai-5"));

testVersion({
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
      doStream: () => {
        const chunks = [{ type: "stream-start", warnings: [] }, ...(rest.shift() ?? [])];
        return Promise.resolve({ stream: simulateReadableStream({ chunks, chunkDelayInMs: 5 }) as never });
      },
    };
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
