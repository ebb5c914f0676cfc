import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpenAI } from "@ai-sdk/openai";
import { type ChatCompletionRequest, type ChatMessage, LLMock } from "@copilotkit/aimock";
import {
  AbstractChat,
  type ChatInit,
  type ChatState,
  type LanguageModel,
  type Tool,
  tool,
  type UIMessage,
} from "ai";
import { onTestFinished } from "vitest";
import { z } from "zod";

/** The two protocols of the SDK's OpenAI models. */
export const protocols = ["chat", "responses"] as const;
export type Protocol = (typeof protocols)[number];

/** Creates a folder that is deleted when the test finishes. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-ai-sdk-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a model server, and stops it when the test finishes. */
export async function startModelServer(): Promise<LLMock> {
  const mock = await LLMock.create({ port: 0, host: "127.0.0.1", logLevel: "silent", chunkSize: 4 });
  onTestFinished(() => mock.stop());
  return mock;
}

/** Creates a model that uses the model server. */
export function modelOf(url: string, protocol: Protocol): LanguageModel {
  const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: "sk-of-the-test" });
  return openai[protocol]("gpt-4o-mini");
}

/** Returns the messages of the latest request, which aimock converts from either protocol. */
export function lastMessages(mock: LLMock): ChatMessage[] {
  const [latest] = mock.getRequests().slice(-1);
  return (latest?.body as unknown as ChatCompletionRequest | undefined)?.messages ?? [];
}

/** Creates a tool that calls `act` and returns the weather. */
export function weatherTool(
  act: (city: string) => Promise<void> | void = () => undefined,
): Tool<{ city: string }, string> {
  return tool({
    description: "The weather of a city.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => {
      await act(city);
      return `${city}: blue sky`;
    },
  });
}

/** Starts an HTTP server for a chat. The signal aborts when the client disconnects. */
export async function startChatServer(
  answer: (body: { id: string; messages: UIMessage[] }, signal: AbortSignal) => Promise<Response>,
): Promise<string> {
  const server = createServer((request, response) => {
    const disconnected = new AbortController();
    response.on("close", () => disconnected.abort());
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { id: string; messages: UIMessage[] };
      answer(body, disconnected.signal).then(
        (answered) => send(answered, response),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/chat`;
}

async function send({ status, headers, body }: Response, response: ServerResponse): Promise<void> {
  response.writeHead(status, Object.fromEntries(headers));
  const reader = body?.getReader();
  response.on("close", () => void reader?.cancel().catch(() => undefined));
  for (;;) {
    const chunk = await reader?.read().catch(() => undefined);
    if (chunk?.value === undefined) break;
    response.write(chunk.value);
  }
  response.end();
}

/** The chat that `useChat` wraps, with its state in plain properties. */
export class PlainChat<Message extends UIMessage> extends AbstractChat<Message> {
  constructor(init: ChatInit<Message>, onChange: (messages: readonly Message[]) => void = () => undefined) {
    super({ ...init, state: plainState(init.messages ?? [], onChange) });
  }
}

function plainState<Message extends UIMessage>(
  initial: Message[],
  onChange: (messages: readonly Message[]) => void,
): ChatState<Message> {
  const change = (messages: Message[]): void => {
    state.messages = messages;
    onChange(messages);
  };
  const state: ChatState<Message> = {
    status: "ready",
    error: undefined,
    messages: [...initial],
    pushMessage: (message) => change([...state.messages, message]),
    popMessage: () => change(state.messages.slice(0, -1)),
    replaceMessage: (index, message) => change(state.messages.with(index, message)),
    snapshot: (value) => structuredClone(value),
  };
  return state;
}
