import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LLMock, type ChatCompletionRequest, type ChatMessage } from "@copilotkit/aimock";
import { Agent, Runner, tool } from "@openai/agents-core";
import { OpenAIProvider } from "@openai/agents-openai";
import { OpenAI } from "openai";
import { onTestFinished } from "vitest";
import { z } from "zod";

/** The two protocols that the SDK's OpenAI models speak. */
export const protocols = ["chat completions", "responses"] as const;
export type Protocol = (typeof protocols)[number];

/** A folder that is removed when the test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-openai-agents-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A model's server that refuses unpaired tool calls, as the real one does; stopped when the test has finished. */
export async function startModelServer(): Promise<LLMock> {
  const mock = await LLMock.create({ port: 0, host: "127.0.0.1", logLevel: "silent", chunkSize: 4 });
  onTestFinished(() => mock.stop());
  const message =
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each.";
  const refusal = { error: { message, type: "invalid_request_error" }, status: 400 };
  mock.on({ predicate: ({ messages }: ChatCompletionRequest) => !isPaired(messages) }, refusal);
  return mock;
}

/** Whether each tool call is followed at once by its results, and no result stands alone. */
export function isPaired(messages: readonly ChatMessage[]): boolean {
  let waiting: string[] = [];
  for (const message of messages) {
    if (message.role === "tool") {
      const id = message.tool_call_id ?? "";
      if (!waiting.includes(id)) return false;
      waiting = waiting.filter((other) => other !== id);
      continue;
    }
    // Of parallel calls the Responses API makes a message each, so these may follow one another.
    const calls = (message.tool_calls ?? []).map(({ id }) => id);
    if (waiting.length > 0 && calls.length === 0) return false;
    waiting.push(...calls);
  }
  return waiting.length === 0;
}

/** The SDK's runner with a model of the server. */
export function runnerOf(url: string, protocol: Protocol): Runner {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-of-the-test", maxRetries: 0 });
  const modelProvider = new OpenAIProvider({
    openAIClient: client,
    useResponses: protocol === "responses",
  });
  return new Runner({ modelProvider, tracingDisabled: true });
}

/** What the test's agent does when its tools are called. */
export interface ToolActions {
  readonly weather?: (city: string) => Promise<string> | string;
  readonly remove?: (file: string) => Promise<string> | string;
}

/** An agent with a tool that just runs and one that needs approval. */
export function agentWith({ weather, remove }: ToolActions = {}): Agent {
  return new Agent({
    name: "Assistant",
    instructions: "Be brief.",
    model: "gpt-4o-mini",
    tools: [
      tool({
        name: "weather",
        description: "The weather of a city.",
        parameters: z.object({ city: z.string() }),
        execute: async ({ city }) => (await weather?.(city)) ?? `${city}: blue sky`,
      }),
      tool({
        name: "remove",
        description: "Removes a file.",
        parameters: z.object({ file: z.string() }),
        needsApproval: true,
        execute: async ({ file }) => (await remove?.(file)) ?? `${file} is gone`,
      }),
    ],
  });
}

/** The messages of the server's latest request, as aimock reads them of either protocol. */
export function lastMessages(mock: LLMock): ChatMessage[] {
  const [last] = mock.getRequests().slice(-1);
  return (last?.body as unknown as ChatCompletionRequest | undefined)?.messages ?? [];
}

/** What kind each item is, to compare orders. */
export function kinds(items: readonly object[]): string[] {
  return items.map((item) => {
    const { type = "message", role, callId } = item as { type?: string; role?: string; callId?: string };
    return role ?? (callId === undefined ? type : `${type} ${callId}`);
  });
}
