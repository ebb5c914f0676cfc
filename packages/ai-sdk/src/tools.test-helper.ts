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

/** The two protocols that the SDK's OpenAI models speak. */
export const protocols = ["chat", "responses"] as const;
export type Protocol = (typeof protocols)[number];

/** A folder that is removed when the test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-ai-sdk-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A model's server, stopped when the test has finished. */
export async function startModelServer(): Promise<LLMock> {
  const mock = await LLMock.create({ port: 0, host: "127.0.0.1", logLevel: "silent", chunkSize: 4 });
  onTestFinished(() => mock.stop());
  return mock;
}

/** A model of the server. */
export function modelOf(url: string, protocol: Protocol): LanguageModel {
  const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: "sk-of-the-test" });
  return openai[protocol]("gpt-4o-mini");
}

/** The messages of the server's latest request, as aimock reads them of either protocol. */
export function lastMessages(mock: LLMock): ChatMessage[] {
  const [last] = mock.getRequests().slice(-1);
  return (last?.body as unknown as ChatCompletionRequest | undefined)?.messages ?? [];
}

/** A tool that just runs, and says that it did. */
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

/** A chat's endpoint over HTTP: `answer` gets the request's body, and a signal of the client's leaving. */
export async function startChatServer(
  answer: (body: { id: string; messages: UIMessage[] }, signal: AbortSignal) => Promise<Response>,
): Promise<string> {
  const server = createServer((request, response) => {
    const leaving = new AbortController();
    response.on("close", () => leaving.abort());
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { id: string; messages: UIMessage[] };
      answer(body, leaving.signal).then(
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
    const piece = await reader?.read().catch(() => undefined);
    if (piece?.value === undefined) break;
    response.write(piece.value);
  }
  response.end();
}

/** The chat of the SDK's user interfaces, which `useChat` wraps, with its state in plain members. */
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
    snapshot: (thing) => structuredClone(thing),
  };
  return state;
}
