import { OpenAI } from "openai";
import { invalidRequest, type Message, type Rejection } from "./request.test-helper.ts";
import { findResponsesRejection } from "./responses-rules.test-helper.ts";

export interface ServiceRequest {
  readonly body: Message;
  readonly input: readonly Message[];
  /** All items that the model sees: the stored ones, followed by the input. */
  readonly items: readonly Message[];
}

/** A further reason to reject a request, with the public report or the page that it comes from. */
export interface ServiceRule {
  readonly source: string;
  readonly check: (request: ServiceRequest) => Rejection | undefined;
}

export interface ResponsesService {
  readonly client: OpenAI;
  /** The bodies of the requests to the Responses API so far, accepted or not. */
  readonly requests: Message[];
  /** Items that the service stores, by the id of their response or conversation. Tests delete some of them. */
  readonly stored: Map<string, readonly Message[]>;
  readonly rules: ServiceRule[];
}

/**
 * A strict Responses API in memory. It stores responses and conversations as the real one does, rejects what that
 * rejects, and responds with the next of `outputs`, or else with the text `ok`. An output that is
 * not an array has members of the response, or the `events` of a stream.
 */
export function createResponsesService(...outputs: (readonly object[] | object)[]): ResponsesService {
  const stored = new Map<string, readonly Message[]>();
  const requests: Message[] = [];
  const rules: ServiceRule[] = [];
  let count = 0;
  const respond = (body: Message): Response => {
    requests.push(body);
    const history = findHistory(body, stored);
    if ("status" in history) return reject(history);
    const input = typeof body["input"] === "string" ? [] : (body["input"] as Message[]);
    const request = { body, input, items: [...history.items, ...input] };
    const rejection = findRejection(request, rules);
    if (rejection !== undefined) return reject(rejection);
    count += 1;
    const next = outputs.shift() ?? [text("ok", count)];
    const members = Array.isArray(next) ? { output: next as Message[] } : (next as { output?: Message[] });
    const id = `resp_${count}`;
    const all = [...request.items, ...(members.output ?? [])];
    if (body["store"] !== false) stored.set(id, all);
    if (typeof body["conversation"] === "string") stored.set(body["conversation"], all);
    return accept(
      { id, object: "response", created_at: 1, model: "m", status: "completed", ...members },
      body,
    );
  };
  const fetch = async (url: unknown, init?: { body?: unknown; method?: string }): Promise<Response> => {
    if (init?.method?.toUpperCase() === "GET") return listLast(new URL(String(url)), stored);
    const body = JSON.parse(String(init?.body)) as Message;
    if (!String(url).endsWith("/conversations")) return respond(body);
    const id = `conv_${stored.size + 1}`;
    stored.set(id, []);
    return toJson({ id, object: "conversation", created_at: 1 }, 200);
  };
  const client = new OpenAI({ baseURL: "http://service.test/v1", apiKey: "k", maxRetries: 0, fetch });
  return { client, requests, stored, rules };
}

/** Responds with the last item of a conversation. Items of the input get an id there. */
function listLast({ pathname }: URL, stored: ReadonlyMap<string, readonly Message[]>): Response {
  const [, id = ""] = /conversations\/(\w+)\/items$/u.exec(pathname) ?? [];
  const items = stored.get(id);
  if (items === undefined) return reject(notFound(id));
  const data = items.map((item, index) => ({ id: `item_${index}`, ...item })).slice(-1);
  return toJson({ object: "list", data, has_more: false, first_id: data[0]?.id, last_id: data[0]?.id }, 200);
}

function notFound(id: string): Rejection {
  const message = `Conversation with id '${id}' not found.`;
  return { status: 404, error: { message, type: "invalid_request_error", param: null, code: null } };
}

/** An answer of the model without a call. */
export function text(words: string, count = 1): Message {
  const content = [{ type: "output_text", text: words, annotations: [] }];
  return { type: "message", id: `msg_${count}`, role: "assistant", status: "completed", content };
}

function findHistory(
  body: Message,
  stored: ReadonlyMap<string, readonly Message[]>,
): Rejection | { readonly items: readonly Message[] } {
  const { previous_response_id: response, conversation } = body;
  const id = response ?? conversation;
  if (typeof id !== "string") return { items: [] };
  const items = stored.get(id);
  if (items !== undefined) return { items };
  if (conversation !== undefined) return notFound(id);
  // https://github.com/icebear0828/codex-proxy/issues/691
  const message = `Previous response with id '${id}' not found.`;
  return invalidRequest(message, "previous_response_id", "previous_response_not_found");
}

function findRejection(request: ServiceRequest, rules: readonly ServiceRule[]): Rejection | undefined {
  for (const { check } of rules) {
    const rejection = check(request);
    if (rejection !== undefined) return rejection;
  }
  return (
    findResponsesRejection({ input: request.items }) ??
    findUnpassedApproval(request) ??
    findUnstored(request) ??
    findLoneReasoning(request)
  );
}

/** https://community.openai.com/t/incorrect-behavior-of-conversation-api-with-mcp-approval-output-item/1365706 */
function findUnpassedApproval({ body, input }: ServiceRequest): Rejection | undefined {
  const passed = new Set(input.map(({ id }) => id));
  const [unpassed] = input.flatMap(({ type, approval_request_id: id }) =>
    type === "mcp_approval_response" && !passed.has(id) ? [String(id)] : [],
  );
  if (body["conversation"] === undefined || unpassed === undefined) return undefined;
  return invalidRequest(
    `The following MCP approval requests have approval responses but weren't passed as input: ${unpassed}`,
    "input",
  );
}

/** https://github.com/can1357/oh-my-pi/issues/41 */
function findUnstored({ input, body }: ServiceRequest): Rejection | undefined {
  const item = input.find(
    ({ type, encrypted_content: content }) =>
      type === "item_reference" || (type === "reasoning" && content === undefined),
  );
  if (item === undefined || body["store"] !== false) return undefined;
  const message = `Item with id '${String(item["id"])}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`;
  return { status: 404, error: { message, type: "invalid_request_error", param: "input", code: null } };
}

/** https://github.com/openai/openai-node/issues/1567 */
function findLoneReasoning({ items }: ServiceRequest): Rejection | undefined {
  const lone = items.find(({ type, id }, index) => {
    const next = items[index + 1];
    const isFollowed = next !== undefined && (next["type"] !== "message" || next["role"] === "assistant");
    return type === "reasoning" && id !== undefined && !isFollowed;
  });
  if (lone === undefined) return undefined;
  const message = `Item '${String(lone["id"])}' of type 'reasoning' was provided without its required following item.`;
  return invalidRequest(message, "input");
}

function accept(response: object, { stream }: Message): Response {
  if (stream !== true) return toJson(response, 200);
  const completed = { type: "response.completed", sequence_number: 1, response };
  const events = "events" in response ? (response.events as { readonly type: string }[]) : [completed];
  const lines = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  return new Response(lines.join(""), { headers: { "content-type": "text/event-stream" } });
}

function reject({ status, error }: Rejection): Response {
  return toJson({ error }, status);
}

function toJson(body: object, status: number): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}
