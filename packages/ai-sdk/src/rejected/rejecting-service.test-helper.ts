import { createOpenAI } from "@ai-sdk/openai";
import { type LanguageModel, type UIMessage } from "ai";

/** A refusal of a service: its status and the body's error, or an event of a stream. */
export interface Refusal {
  readonly status: number;
  readonly error: { readonly message: string; readonly code?: string; readonly param?: string };
}

/** A service without a network that refuses requests by their content. */
export interface RejectingService {
  readonly model: LanguageModel;
  /** The inputs of all requests, as JSON. */
  readonly inputs: string[];
}

/** Creates a service whose model looks once if it is asked to, and answers "fine" otherwise. */
export function rejectingService(refuse: (input: string) => Refusal | undefined): RejectingService {
  const inputs: string[] = [];
  let answers = 0;
  const respond = (_url: unknown, init?: { readonly body?: unknown }): Promise<Response> => {
    const { input } = JSON.parse(init?.body as string) as { input: { type?: string; content?: unknown }[] };
    const text = JSON.stringify(input);
    inputs.push(text);
    const refusal = refuse(text);
    if (refusal !== undefined) {
      return Promise.resolve(Response.json({ error: refusal.error }, { status: refusal.status }));
    }
    const isAsked = JSON.stringify(input.at(-1)?.content ?? "").includes("look");
    answers += isAsked ? 0 : 1;
    const events = isAsked ? callEvents(inputs.length) : textEvents(`msg_${answers}`);
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
    return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
  };
  const openai = createOpenAI({ apiKey: "k", fetch: respond });
  return { model: openai.responses("gpt-4o-mini"), inputs };
}

function textEvents(id: string): object[] {
  const item = { type: "message", id, role: "assistant", status: "in_progress", content: [] };
  const done = {
    ...item,
    status: "completed",
    content: [{ type: "output_text", text: "fine", annotations: [] }],
  };
  return response([
    { type: "response.output_item.added", output_index: 0, item },
    {
      type: "response.output_text.delta",
      item_id: id,
      output_index: 0,
      content_index: 0,
      delta: "fine",
    },
    { type: "response.output_item.done", output_index: 0, item: done },
  ]);
}

/** The call that the model makes if a question contains the word "look". */
function callEvents(count: number): object[] {
  const call = {
    type: "function_call",
    id: `fc_${count}`,
    call_id: `call_${count}`,
    name: "look",
    arguments: '{"what":"all"}',
  };
  return response([
    { type: "response.output_item.added", output_index: 0, item: { ...call, arguments: "" } },
    { type: "response.output_item.done", output_index: 0, item: { ...call, status: "completed" } },
  ]);
}

function response(events: readonly object[]): object[] {
  const started = {
    id: "r",
    object: "response",
    created_at: 1,
    model: "m",
    status: "in_progress",
    output: [],
  };
  const usage = {
    input_tokens: 1,
    output_tokens: 1,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens_details: { reasoning_tokens: 0 },
  };
  return [
    { type: "response.created", response: started },
    ...events,
    { type: "response.completed", response: { ...started, status: "completed", usage } },
  ];
}

/** Returns a question with a text and, if it has a type, a file. */
export function question(id: string, text: string, mediaType?: string, url?: string): UIMessage {
  const file = {
    type: "file",
    mediaType: mediaType ?? "",
    url: url ?? `data:${mediaType};base64,AAAA`,
  } as const;
  return { id, role: "user", parts: [{ type: "text", text }, ...(mediaType === undefined ? [] : [file])] };
}
