import { OpenAI } from "openai";
import { createChatAgent, createResponsesAgent, type defineTool } from "../index.ts";
import { type ChatRequest, type Message, type Rejection } from "./request.test-helper.ts";
import { createResponsesService, text as textItem } from "./responses-service.test-helper.ts";
import { findRejection, type StrictServerKind } from "./rules.test-helper.ts";

/** A service whose check receives everything that the model would see. */
export interface Service {
  readonly requests: readonly Message[];
  readonly setCheck: (check: (text: string) => Rejection | undefined) => void;
  readonly client: OpenAI;
}

export type Tool = ReturnType<typeof defineTool>;
export type Agent = ReturnType<typeof createChatAgent>;

/** The first response of a service: a text, or two calls, of `long` and of `other`, with these arguments. */
export type Output = { readonly text: string } | { readonly arguments: readonly [string, string] };

const NAMES = ["long", "other"];
const NO_ARGUMENTS: Output = { arguments: ["{}", "{}"] };

const acceptAll = (): undefined => undefined;

function createChatService(kind: StrictServerKind, output: Output): Service {
  const requests: Message[] = [];
  const outputs: object[] = [toChatMessage(output)];
  let check: (text: string) => Rejection | undefined = acceptAll;
  const fetch = async (_url: unknown, init?: { body?: unknown }): Promise<Response> => {
    const text = String(init?.body);
    const body = JSON.parse(text) as ChatRequest & Message;
    requests.push(body);
    const rejection = check(text) ?? findRejection(kind, body);
    if (rejection !== undefined) {
      return Response.json({ error: rejection.error }, { status: rejection.status });
    }
    const message = outputs.shift() ?? { role: "assistant", content: "ok" };
    const choice = { index: 0, finish_reason: "stop", message, delta: message };
    const object = body.stream === true ? "chat.completion.chunk" : "chat.completion";
    const completion = { id: "1", created: 1, model: "m", object, choices: [choice] };
    if (body.stream !== true) return Response.json(completion);
    const events = `data: ${JSON.stringify(completion)}\n\ndata: [DONE]\n\n`;
    return new Response(events, { headers: { "content-type": "text/event-stream" } });
  };
  const client = new OpenAI({ apiKey: "k", baseURL: "http://service.test", maxRetries: 0, fetch });
  return { requests, client, setCheck: (changed) => void (check = changed) };
}

function createStoringService(output: Output): Service {
  const { client, requests, rules } = createResponsesService(
    toResponse(output),
    toResponse({ text: "ok" }, 2),
  );
  const setCheck: Service["setCheck"] = (check) => {
    rules.splice(0, rules.length, { source: "", check: ({ items }) => check(JSON.stringify(items)) });
  };
  return { client, requests, setCheck };
}

function toChatMessage(output: Output): object {
  if ("text" in output) return { role: "assistant", content: output.text };
  const calls = NAMES.map((name, index) => ({
    index,
    id: `call0000${index}`,
    type: "function",
    function: { name, arguments: output.arguments[index] },
  }));
  return { role: "assistant", content: "", tool_calls: calls };
}

function toResponse(output: Output, count = 1): object {
  if ("text" in output) {
    const delta = { type: "response.output_text.delta", delta: output.text };
    const items = [textItem(output.text, count)];
    const response = { id: `resp_${count}`, object: "response", status: "completed", output: items };
    return { output: items, events: [delta, { type: "response.completed", response }] };
  }
  return NAMES.map((name, index) => ({
    type: "function_call",
    id: `fc_${name}`,
    call_id: `call_${name}`,
    name,
    arguments: output.arguments[index],
    status: "completed",
  }));
}

/** An agent, and a strict service that checks the content of all requests. */
interface Subject {
  readonly agentName: string;
  readonly create: (output?: Output) => Service;
  readonly open: (client: OpenAI, tools: readonly Tool[], settings?: object) => Agent;
}

export const AGENTS: readonly Subject[] = [
  ...(["openai", "mistral"] as const).map((kind) => ({
    agentName: `a chat agent at ${kind}`,
    create: (output: Output = NO_ARGUMENTS) => createChatService(kind, output),
    open: (client: OpenAI, tools: readonly Tool[], settings = {}) =>
      createChatAgent({ client, model: "m", tools, ...settings }),
  })),
  ...(["local", "response", "conversation"] as const).map((storage) => ({
    agentName: `a responses agent with storage ${storage}`,
    create: (output: Output = NO_ARGUMENTS) => createStoringService(output),
    open: (client: OpenAI, tools: readonly Tool[], settings = {}) =>
      createResponsesAgent({ client, model: "m", storage, tools, ...settings }) as never,
  })),
];
