import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createOpenAI } from "@ai-sdk/openai";
import { memoryStore } from "@threadstore/core";
import { convertToModelMessages, stepCountIs, streamText, tool, toUIMessageStream, type UIMessage } from "ai";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type Finding, uiMessageStore } from "./index.ts";

type Event = { readonly type: string; readonly [name: string]: unknown };

/** Ends the response: without an end, by destroying the connection, or never. */
type Ending = "cut" | "end" | "hang";

interface ServiceResponse {
  readonly events: readonly Event[];
  readonly ending: Ending;
}

interface Item {
  readonly type?: string;
  readonly id?: string;
  readonly role?: string;
}

const usage = {
  input_tokens: 1,
  output_tokens: 1,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens_details: { reasoning_tokens: 0 },
};

function created(id: string): Event {
  const response = { id, object: "response", created_at: 1, model: "m", status: "in_progress", output: [] };
  return { type: "response.created", response };
}

function completed(id: string): Event {
  const response = {
    id,
    object: "response",
    created_at: 1,
    model: "m",
    status: "completed",
    output: [],
    usage,
  };
  return { type: "response.completed", response };
}

const reasoningStart: Event[] = [
  {
    type: "response.output_item.added",
    output_index: 0,
    item: { type: "reasoning", id: "rs_1", summary: [], encrypted_content: null },
  },
  {
    type: "response.reasoning_summary_part.added",
    item_id: "rs_1",
    output_index: 0,
    summary_index: 0,
    part: { type: "summary_text", text: "" },
  },
  {
    type: "response.reasoning_summary_text.delta",
    item_id: "rs_1",
    output_index: 0,
    summary_index: 0,
    delta: "Thinking",
  },
];

const reasoningEnd: Event[] = [
  {
    type: "response.reasoning_summary_part.done",
    item_id: "rs_1",
    output_index: 0,
    summary_index: 0,
    part: { type: "summary_text", text: "Thinking" },
  },
  {
    type: "response.output_item.done",
    output_index: 0,
    item: {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "Thinking" }],
      encrypted_content: "secret",
    },
  },
];

function textStart(id: string, text: string): Event[] {
  const item = { type: "message", id, role: "assistant", status: "in_progress", content: [] };
  return [
    { type: "response.output_item.added", output_index: 1, item },
    { type: "response.output_text.delta", item_id: id, output_index: 1, content_index: 0, delta: text },
  ];
}

function textEnd(id: string, text: string): Event[] {
  const content = [{ type: "output_text", text, annotations: [] }];
  const item = { type: "message", id, role: "assistant", status: "completed", content };
  return [{ type: "response.output_item.done", output_index: 1, item }];
}

const callStart: Event[] = [
  {
    type: "response.output_item.added",
    output_index: 1,
    item: { type: "function_call", id: "fc_1", call_id: "call_1", name: "look", arguments: "" },
  },
  { type: "response.function_call_arguments.delta", item_id: "fc_1", output_index: 1, delta: '{"what":"a' },
];

const callEnd: Event[] = [
  {
    type: "response.output_item.done",
    output_index: 1,
    item: {
      type: "function_call",
      id: "fc_1",
      call_id: "call_1",
      name: "look",
      arguments: '{"what":"all"}',
      status: "completed",
    },
  },
];

/** Starts a service that refuses what OpenAI refuses: unknown items, and reasoning without a following item. */
async function startService(first: ServiceResponse): Promise<{ url: string; inputs: Item[][] }> {
  const inputs: Item[][] = [];
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { input: Item[] };
      inputs.push(input);
      open.add(response);
      const problem = inputs.length === 1 ? undefined : problemOf(input);
      if (problem !== undefined) {
        response.writeHead(400, { "content-type": "application/json" });
        response.end(JSON.stringify({ error: { message: problem, type: "invalid_request_error" } }));
        return;
      }
      const fine = [...textStart("msg_2", "fine"), ...textEnd("msg_2", "fine"), completed("r2")];
      const { events, ending } = inputs.length === 1 ? first : { events: fine, ending: "end" };
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const event of [created("r"), ...events]) response.write(`data: ${JSON.stringify(event)}\n\n`);
      if (ending === "cut") setTimeout(() => response.destroy(), 50);
      if (ending === "end") response.end("data: [DONE]\n\n");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, inputs };
}

function problemOf(input: readonly Item[]): string | undefined {
  for (const [index, { type, id }] of input.entries()) {
    if (id !== undefined && id !== "msg_2") return `Item with id '${id}' not found.`;
    if (type === "reasoning" && input[index + 1]?.type === undefined) {
      return "Item of type 'reasoning' was provided without its required following item.";
    }
    const isCall = type === "function_call";
    if (isCall && input.every((item) => item.type !== "function_call_output")) return "No tool output found.";
  }
  return undefined;
}

type Stop = "abort" | "cancel" | "none";

const cases: { [name: string]: [readonly Event[], Ending, Stop, string[]] } = {
  "aborted in its reasoning": [reasoningStart, "hang", "abort", []],
  "aborted after its reasoning": [[...reasoningStart, ...reasoningEnd], "hang", "abort", []],
  "aborted in its text after reasoning": [
    [...reasoningStart, ...reasoningEnd, ...textStart("msg_1", "Half an ans")],
    "hang",
    "abort",
    ["reasoning", "text"],
  ],
  "aborted after its text, before the response was complete": [
    [...reasoningStart, ...reasoningEnd, ...textStart("msg_1", "Answer"), ...textEnd("msg_1", "Answer")],
    "hang",
    "abort",
    ["reasoning", "text"],
  ],
  "aborted in the arguments of a call": [
    [...reasoningStart, ...reasoningEnd, ...callStart],
    "hang",
    "abort",
    [],
  ],
  "aborted in a tool": [
    [...reasoningStart, ...reasoningEnd, ...callStart, ...callEnd, completed("r1")],
    "end",
    "abort",
    ["reasoning", "tool-look"],
  ],
  "cancelled by the page in its reasoning": [reasoningStart, "hang", "cancel", []],
  "cancelled by the page in its text": [
    [...reasoningStart, ...reasoningEnd, ...textStart("msg_1", "Half")],
    "hang",
    "cancel",
    ["reasoning", "text"],
  ],
  "cut in its reasoning": [reasoningStart, "cut", "none", []],
  "cut in its text": [
    [...reasoningStart, ...reasoningEnd, ...textStart("msg_1", "Half")],
    "cut",
    "none",
    ["reasoning", "text"],
  ],
  "cut after its text": [
    [...reasoningStart, ...reasoningEnd, ...textStart("msg_1", "Answer"), ...textEnd("msg_1", "Answer")],
    "cut",
    "none",
    ["reasoning", "text"],
  ],
  "ended without a final event": [
    [...reasoningStart, ...reasoningEnd, ...textStart("msg_1", "Answer"), ...textEnd("msg_1", "Answer")],
    "end",
    "none",
    ["reasoning", "text"],
  ],
};

test.each(
  Object.entries(cases).flatMap(([name, parameters]) => {
    return [true, false].map((isIgnoring) => [name, isIgnoring, ...parameters] as const);
  }),
)("a chat goes on after an answer that was %s (ignoring incomplete calls: %s)", async (...parameters) => {
  const [, ignoreIncompleteToolCalls, events, ending, stop, storedTypes] = parameters;
  const service = await startService({ events, ending });
  const findings: Finding[] = [];
  const store = memoryStore();
  const chats = uiMessageStore({ store, onFindings: (reported) => findings.push(...reported) });
  const stopping = new AbortController();
  let hasStarted = false;
  const look = tool({
    inputSchema: z.object({ what: z.string() }),
    execute: () => {
      stopping.abort();
      return new Promise<string>(() => undefined);
    },
  });

  async function ask(id: string): Promise<{ text: string; errors: string[] }> {
    const isFirst = !hasStarted;
    hasStarted = true;
    const question: UIMessage = { id, role: "user", parts: [{ type: "text", text: `question ${id}` }] };
    const conversation = await chats.append("talk", [question], { trigger: "submit-message" });
    const errors: string[] = [];
    const result = streamText({
      model: createOpenAI({ baseURL: service.url, apiKey: "k" }).responses("gpt-5"),
      messages: await convertToModelMessages(conversation.messages, { ignoreIncompleteToolCalls }),
      tools: { look },
      stopWhen: stepCountIs(2),
      abortSignal: isFirst ? stopping.signal : new AbortController().signal,
      maxRetries: 0,
      onError: ({ error }) => void errors.push(String(error)),
    });
    const turn = chats.turn(conversation);
    const reader = toUIMessageStream({ stream: result.stream, ...turn }).getReader();
    let text = "";
    let hasDelta = false;
    for (;;) {
      const reading = reader.read().catch(() => ({ done: true, value: undefined }) as const);
      const next: Awaited<typeof reading> | "quiet" = await (isFirst && ending === "hang" && hasDelta
        ? Promise.race([reading, quiet()])
        : reading);
      if (next === "quiet") {
        if (stop === "abort") stopping.abort();
        else await reader.cancel();
        continue;
      }
      if (next.done) break;
      hasDelta ||= next.value.type === "reasoning-delta";
      if (next.value.type === "text-delta") text += next.value.delta;
    }
    return { text, errors };
  }

  await ask("1");
  const raw = (await store.load("talk"))?.json;
  const answer = (await chats.load("talk"))?.messages[1];
  expect(answer?.parts.map(({ type }) => type) ?? []).toEqual(
    storedTypes.length === 0 ? [] : ["step-start", ...storedTypes],
  );
  expect(raw).not.toMatch(/rs_1"|msg_1"|fc_1"|streaming|input-available/u);
  expect(findings.length).toBeGreaterThan(0);
  for (const id of ["2", "3"]) expect(await ask(id)).toEqual({ text: "fine", errors: [] });
  expect(service.inputs).toHaveLength(3);
});

/** Resolves once the stream has sent what it has. */
function quiet(): Promise<"quiet"> {
  return new Promise((resolve) => setTimeout(resolve, 100, "quiet"));
}
