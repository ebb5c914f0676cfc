import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LLMock, type ChatCompletionRequest, type ChatMessage } from "@copilotkit/aimock";
import { Agent, Runner, tool } from "@openai/agents-core";
import { OpenAIProvider } from "@openai/agents-openai";
import { OpenAI } from "openai";
import { onTestFinished } from "vitest";
import { z } from "zod";

/** The two protocols of the SDK's OpenAI models. */
export const protocols = ["chat completions", "responses"] as const;
export type Protocol = (typeof protocols)[number];

/** Creates a folder that is deleted when the test finishes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-openai-agents-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Starts a model server that rejects unpaired tool calls, as the real one does, and stops it when the test
 * finishes.
 */
export async function startModelServer(): Promise<LLMock> {
  const mock = await LLMock.create({ port: 0, host: "127.0.0.1", logLevel: "silent", chunkSize: 4 });
  onTestFinished(() => mock.stop());
  const message =
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each.";
  const rejection = { error: { message, type: "invalid_request_error" }, status: 400 };
  mock.on({ predicate: ({ messages }: ChatCompletionRequest) => !isPaired(messages) }, rejection);
  return mock;
}

/** Returns whether the results of each tool call follow it immediately, and no result lacks a call. */
export function isPaired(messages: readonly ChatMessage[]): boolean {
  let unanswered: string[] = [];
  for (const message of messages) {
    if (message.role === "tool") {
      const id = message.tool_call_id ?? "";
      if (!unanswered.includes(id)) return false;
      unanswered = unanswered.filter((other) => other !== id);
      continue;
    }
    // The Responses API sends parallel calls as one message each, so they may be consecutive.
    const calls = (message.tool_calls ?? []).map(({ id }) => id);
    if (unanswered.length > 0 && calls.length === 0) return false;
    unanswered.push(...calls);
  }
  return unanswered.length === 0;
}

/** Creates a runner of the SDK that uses the model server. */
export function runnerOf(url: string, protocol: Protocol): Runner {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-of-the-test", maxRetries: 0 });
  const modelProvider = new OpenAIProvider({
    openAIClient: client,
    useResponses: protocol === "responses",
  });
  return new Runner({ modelProvider, tracingDisabled: true });
}

/** Implementations of the test agent's tools. */
export interface ToolActions {
  readonly weather?: (city: string) => Promise<string> | string;
  readonly remove?: (file: string) => Promise<string> | string;
}

/** Creates an agent with one tool that runs immediately and one that needs approval. */
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
        execute: async ({ file }) => (await remove?.(file)) ?? `Removed ${file}.`,
      }),
    ],
  });
}

/** Returns the messages of the latest request, which aimock converts from either protocol. */
export function lastMessages(mock: LLMock): ChatMessage[] {
  const [latest] = mock.getRequests().slice(-1);
  return (latest?.body as unknown as ChatCompletionRequest | undefined)?.messages ?? [];
}

/** Returns the role or type of each item, to compare their order. */
export function kinds(items: readonly object[]): string[] {
  return items.map((item) => {
    const { type = "message", role, callId } = item as { type?: string; role?: string; callId?: string };
    return role ?? (callId === undefined ? type : `${type} ${callId}`);
  });
}
