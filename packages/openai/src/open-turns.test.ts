import { memoryStore } from "@threadstore/core";
import { describe, expect, test } from "vitest";
import {
  type ChatAgent,
  createChatAgent,
  createResponsesAgent,
  defineTool,
  openConversation,
  type Tool,
} from "./index.ts";
import {
  calling,
  clientOf,
  completion,
  deltaEvent,
  json,
  startWireServer,
} from "./model-server.test-helper.ts";
import type { ChatRequest } from "./strict-server/request.test-helper.ts";
import { findResponsesRejection } from "./strict-server/responses-rules.test-helper.ts";
import { findRejection, type StrictServerKind } from "./strict-server/rules.test-helper.ts";

// A turn that a provider rejects must never block its conversation. The servers reject what the real ones reject.

const LIMIT = 1000;
const URL = "https://example.com/a.png";

type Respond = Parameters<typeof startWireServer>[number];

const tooLong = json({ error: { code: "string_above_max_length", message: "string too long" } }, 400);
const cannotDownload = json(
  { error: { code: "invalid_image_url", message: "Timeout while downloading" } },
  400,
);

function contentsOf(body: object): string[] {
  return [...JSON.stringify(body).matchAll(/"(?:content|output)":"([^"]*)"/gu)].map(([, text = ""]) => text);
}

/** What each answer depends on: the body of its request, as a provider checks it. */
async function startStrict(check: (body: never) => unknown, call: object, isResponses: boolean) {
  const state = { expired: false };
  const server = await startWireServer(
    ...Array.from({ length: 20 }, (): Respond => (response, request) => {
      const body = server.bodies.at(-1) ?? {};
      const rejection = check(body as never) as { status: number; error: object } | undefined;
      if (rejection !== undefined) json({ error: rejection.error }, rejection.status)(response);
      else if (contentsOf(body).some(({ length }) => length > LIMIT)) tooLong(response);
      else if (state.expired && JSON.stringify(body).includes(URL)) cannotDownload(response);
      else if (body["stream"] === true) beginAnswer(response, isResponses);
      else answer(body, call, isResponses)(response, request);
    }),
  );
  return { server, state };
}

/** Calls the tool, unless the last message is its result, or asks for nothing. */
function answer(
  { messages, input }: { [member: string]: unknown },
  call: object,
  isResponses: boolean,
): Respond {
  // Creates a conversation of the service.
  if (messages === undefined && input === undefined) return json({ id: "conv_1", object: "conversation" });
  const history = (messages ?? input) as { readonly role?: string; readonly content?: unknown }[];
  const last = history.at(-1);
  const calls = last?.role === "user" && last.content !== "next";
  if (!isResponses) return completion(calls ? call : { role: "assistant", content: "fine" });
  const content = [{ type: "output_text", text: "fine", annotations: [] }];
  const reasoning = { type: "reasoning", id: "rs_1", summary: [] };
  const output = calls
    ? [reasoning, call]
    : [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content }];
  return json({ id: "resp_1", object: "response", created_at: 1, model: "m", status: "completed", output });
}

/** Streams the beginning of an answer, after a reasoning item of the Responses API, and then nothing. */
function beginAnswer(response: Parameters<Respond>[0], isResponses: boolean): void {
  const reasoning = { type: "reasoning", id: "rs_1", summary: [] };
  const events = isResponses
    ? [
        { type: "response.output_item.done", output_index: 0, item: reasoning },
        { type: "response.output_text.delta", output_index: 1, content_index: 0, delta: "Once upon" },
      ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    : [deltaEvent({ role: "assistant", content: "Once upon" })];
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) response.write(event);
}

const chatRules: StrictServerKind[] = ["openai", "mistral", "anthropic", "gemini"];

const AGENTS: [name: string, create: (tool: Tool) => Promise<Setup>][] = [
  ...chatRules.map((kind): (typeof AGENTS)[number] => [
    `a chat agent at ${kind}`,
    async (tool) => {
      const call = calling(["1", tool.name, "{}"]);
      const { server, state } = await startStrict(
        (body: ChatRequest) => findRejection(kind, body),
        call,
        false,
      );
      return { state, open: (tools) => createChatAgent({ client: clientOf(server), model: "m", tools }) };
    },
  ]),
  ...(["local", "response", "conversation"] as const).map((storage): (typeof AGENTS)[number] => [
    `a responses agent with storage ${storage}`,
    async (tool) => {
      const call = { type: "function_call", id: "fc_1", call_id: "1", name: tool.name, arguments: "{}" };
      const check = (body: {
        previous_response_id?: string;
        conversation?: string;
        input?: unknown;
      }): unknown =>
        body.previous_response_id === undefined && body.conversation === undefined && body.input !== undefined
          ? findResponsesRejection({ ...body })
          : undefined;
      const { server, state } = await startStrict(check, call, true);
      return {
        state,
        open: (tools) =>
          createResponsesAgent({ client: clientOf(server), model: "m", storage, tools }) as never,
      };
    },
  ]),
];

interface Setup {
  readonly state: { expired: boolean };
  /** Creates an agent; one of the other kind has the same methods. */
  readonly open: (tools: readonly Tool[]) => ChatAgent;
}

describe.each(AGENTS)("%s", (_name, create) => {
  test.each([true, false])(
    "is never blocked by a tool's result that is rejected: journal %j",
    async (journal) => {
      const long = defineTool({ name: "long", run: () => "x".repeat(LIMIT + 1) });
      const { open } = await create(long);
      const store = memoryStore();
      const conversation = openConversation({ agent: open([long]), store, id: "c", journal });
      await conversation.run("next");
      await expect(conversation.run("list")).rejects.toMatchObject({ code: "MODEL_REFUSED" });
      expect(await conversation.run("next")).toMatchObject({ text: "fine" });
      expect(await conversation.run("next")).toMatchObject({ text: "fine", closed: undefined });
    },
  );

  test.each([{ journal: true }, { onStop: "keep" }] as const)(
    "is never blocked by an answer that was stopped, and keeps its beginning: %j",
    async (options) => {
      const { open } = await create(defineTool({ name: "unused", run: () => "" }));
      const store = memoryStore();
      const conversation = openConversation({ agent: open([]), store, id: "c", ...options });
      await conversation.run("next");
      const stop = new AbortController();
      const stream = conversation.runStream("next", { signal: stop.signal });
      const reading = (async () => {
        for await (const { type } of stream) if (type === "text") stop.abort("stop");
      })();
      await expect(reading).rejects.toBe("stop");
      expect((await conversation.load())?.thread.openTurn).toMatchObject({
        state: "stopped",
        text: "Once upon",
      });
      const { text, closed } = await conversation.run("next");
      expect([text, closed?.removed]).toEqual(["fine", []]);
      expect(closed?.kept.at(-1)).toMatchObject({ role: "assistant", content: "Once upon" });
    },
  );

  test("repeats the result of a key", async () => {
    const ok = defineTool({ name: "ok", run: () => "ran" });
    const { open } = await create(ok);
    const store = memoryStore();
    const deliver = async () =>
      openConversation({ agent: open([ok]), store, id: "c" }).run("go", { key: "event-1" });
    const { thread: _thread, ...first } = await deliver();
    expect(first).toMatchObject({ text: "fine", repeated: false });
    expect(first.messages.length).toBeGreaterThanOrEqual(4);
    const { thread: _other, ...second } = await deliver();
    expect(second).toEqual({ ...first, repeated: true });
  });

  test("is never blocked by a tool that is gone", async () => {
    const gone = defineTool({ name: "gone", needsApproval: true, run: () => "ran" });
    const { open } = await create(gone);
    const store = memoryStore();
    const withTools = (tools: readonly Tool[]) => openConversation({ agent: open(tools), store, id: "c" });
    const { approvals } = await withTools([gone]).run("go");
    const decisions = approvals.map((call) => ({ ...call, approved: true }));
    await expect(withTools([]).resume({ approvals: decisions })).rejects.toMatchObject({
      code: "TOOL_MISSING",
    });
    expect(await withTools([]).run("next")).toMatchObject({ text: "fine" });
  });

  test("continues after a question whose image has expired, without the image", async () => {
    const pay = defineTool({ name: "pay", needsApproval: true, run: () => "paid" });
    const { open, state } = await create(pay);
    const store = memoryStore();
    const agent = open([pay]);
    const isChat = agent.kind === "chat";
    const content = isChat
      ? [
          { type: "text", text: "look" },
          { type: "image_url", image_url: { url: URL } },
        ]
      : [
          { type: "input_text", text: "look" },
          { type: "input_image", image_url: URL, detail: "auto" },
        ];
    const conversation = openConversation({ agent: agent, store, id: "c" });
    const { approvals } = await conversation.run({ role: "user", content: content as [] });
    state.expired = true;
    const decisions = approvals.map((call) => ({ ...call, approved: true }));
    expect((await conversation.resume({ approvals: decisions })).status).toBe("completed");
    expect(await conversation.run("next")).toMatchObject({ text: "fine" });
  });
});
