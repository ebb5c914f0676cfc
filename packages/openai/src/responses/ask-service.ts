import type { LeftOut, ModelRequest, ModelResponse } from "@threadstore/agent/provider";
import type { JsonObject } from "@threadstore/core/documents";
import type { OpenAI } from "openai";
import type { ResponseUsage } from "openai/resources/responses/responses";
import { namesAny, readRejection, referencesIn, type ServiceBound } from "../service-rejection.ts";
import { mayBeProcessed } from "./may-be-processed.ts";
import type { NewConversation } from "./new-conversation.ts";
import { hasUnknownItems } from "./outdated-conversation.ts";
import { dropLoneReasoning, leaveOut } from "./portable-content.ts";
import { readCalls } from "./read-calls.ts";
import { isInput, isToolResult, type ResponseItem } from "./response-item.ts";
import { callResponses, isApproval, type ResponsesRequest } from "./responses-model.ts";
import { retryDelay, wait } from "./retry-request.ts";
import {
  isOutdated,
  readLeftOut,
  readServiceState,
  type ResponsesStorage,
  type ServiceState,
  toTranscript,
} from "./service-state.ts";

type Request = ModelRequest<ResponseItem>;
type Response = ModelResponse<ResponseItem, ResponseUsage>;

/** The service, and how requests to it look. */
export interface Service {
  readonly client: OpenAI;
  readonly storage: ResponsesStorage;
  /** Performs a request without a reference to an earlier one. */
  readonly newConversation: NewConversation;
  /** The conversations of the service that contain exactly what the thread does, as this run knows. */
  readonly known: Set<string>;
  readonly toBody: (
    request: Request,
    state: ServiceState | undefined,
    input: readonly ResponseItem[],
  ) => ResponsesRequest;
}

/** The assumptions about the service that one request is sent with. */
interface Attempt {
  /** The reference to the service's copy of the conversation; `undefined` if the request contains all items. */
  readonly state: ServiceState | undefined;
  /** The content that the service rejected in this run. */
  readonly rejected: ReadonlySet<ServiceBound>;
  /** Whether the service rejected a request for approval that its conversation already contains. */
  readonly hasRequests?: boolean;
  /** How often the request was repeated because the service was not available. */
  readonly retries?: number;
}

/**
 * Sends a request. If the service no longer stores the conversation, has added to it what the thread does not contain,
 * or rejects content that is bound to it, sends the thread's items without that content instead, and reports it. Repeats
 * the request once for each kind of content.
 */
export async function askService(service: Service, request: Request): Promise<Response> {
  const state = readServiceState(request.service, service.storage);
  let attempt: Attempt = { state, rejected: new Set() };
  if (service.storage === "conversation" && isOutdated(request.service))
    request.emit?.({ type: "restarted" });
  for (;;) {
    const progress = watchOutput(request);
    // Before anything was sent, the service's conversation is as it was.
    request.signal.throwIfAborted();
    try {
      return await sendAttempt(service, progress.request, attempt);
    } catch (error) {
      if (progress.hasOutput() || mayBeProcessed(error)) reportAdded(attempt, request);
      request.signal.throwIfAborted();
      const next = progress.hasOutput() ? undefined : await findNext(service, error, attempt, request);
      if (next === undefined) throw error;
      if (attempt.state !== next.state) request.emit?.({ type: "restarted" });
      attempt = next;
    }
  }
}

/** A conversation of the service contains the response now or may contain it, whether the thread will or not. */
function reportAdded({ state }: Attempt, { onAdded }: Request): void {
  if (state !== undefined && "conversation" in state) onAdded?.({ ...state, outdated: true });
}

/** Resolves with the next attempt after an error, or `undefined` if another one would not help. */
async function findNext(
  { client, known, storage }: Service,
  error: unknown,
  attempt: Attempt,
  request: Request,
): Promise<Attempt | undefined> {
  const next = recover(error, attempt, request);
  if (next !== undefined) return next;
  const { state, rejected, retries = 0 } = attempt;
  const isRepeatable = storage === "conversation" && !request.unanswered.some(isApproval);
  const delayMs = isRepeatable ? retryDelay(client, error, retries) : undefined;
  if (delayMs !== undefined) {
    await wait(delayMs, request.signal);
    return { ...attempt, state: mayBeProcessed(error) ? undefined : state, retries: retries + 1 };
  }
  if (state === undefined || !("conversation" in state) || known.has(state.conversation)) return undefined;
  const sent = { error, state, history: historyOf(request), signal: request.signal };
  return (await hasUnknownItems(client, sent)) ? { state: undefined, rejected } : undefined;
}

/** Returns the next attempt after an error that says what it is about. */
function recover(error: unknown, attempt: Attempt, request: Request): Attempt | undefined {
  const { state, rejected } = attempt;
  const rejection = readRejection(error, state && Object.values(state)[0]);
  if (rejection === undefined) return undefined;
  if (rejection === "duplicate") {
    return state === undefined || attempt.hasRequests ? undefined : { ...attempt, hasRequests: true };
  }
  if (rejection === "not-found" || rejection === "diverged") {
    return state === undefined ? undefined : { state: undefined, rejected };
  }
  // The caller must correct the input of this run.
  if (rejected.has(rejection) || namesAny(error, referencesIn(request.unanswered))) return undefined;
  const { leftOut } = leaveOut(historyOf(request), () => new Set([rejection]));
  // The service can have content of its own that it rejects, such as reasoning that the thread does not contain.
  const isOfService = state !== undefined && (rejection === "reasoning" || rejection === "stored-items");
  if (leftOut.length === 0 && !isOfService) return undefined;
  return { state: undefined, rejected: new Set([...rejected, rejection]) };
}

async function sendAttempt(service: Service, request: Request, attempt: Attempt): Promise<Response> {
  const { client, storage } = service;
  const { state } = attempt;
  const transcript = state === undefined ? toPortable(request, attempt, storage) : undefined;
  const send = async (reference: ServiceState | undefined): ReturnType<typeof callResponses> => {
    const body = service.toBody(request, reference, transcript?.items ?? toNewItems(request, attempt));
    return callResponses(client, body, request.signal, request.emit);
  };
  const { reference, result } =
    state === undefined
      ? await service.newConversation(request.signal, send)
      : { reference: state, result: await send(state) };
  if (reference !== undefined && "conversation" in reference) service.known.add(reference.conversation);
  reportAdded(attempt, request);
  const { id, items, isIncomplete, isRenamed, ...response } = result;
  const leftOut = transcript?.leftOut ?? [];
  for (const left of leftOut) request.emit?.({ type: "left-out", ...left });
  const calls = readCalls(items, isIncomplete);
  // The service rejects answers both with the ids of its copy and with the new ones: the next request replaces the copy.
  const stored = isRenamed
    ? undefined
    : storage === "response"
      ? { response: id }
      : reference && { ...reference };
  return { ...response, messages: items, calls, leftOut, service: stored ?? remember(request, attempt) };
}

/**
 * A conversation of the service accepts the answer to a request for approval only together with the request, although
 * it contains it. A service that rejects the copy gets only the answer.
 */
function toNewItems(request: Request, { state, hasRequests }: Attempt): readonly ResponseItem[] {
  const { unanswered } = request;
  if (hasRequests || state === undefined || !("conversation" in state)) return unanswered;
  const approved = new Set(unanswered.flatMap(approvedId));
  return [...historyOf(request).filter((item) => approved.has(idOf(item))), ...unanswered];
}

interface Transcript {
  readonly items: readonly ResponseItem[];
  readonly leftOut: readonly LeftOut[];
}

/** Returns all items, without the content that the service rejected in this run or, of earlier turns, before it. */
function toPortable(request: Request, { rejected }: Attempt, storage: ResponsesStorage): Transcript {
  const all = historyOf(request);
  // Only the service that stored these has their content. Without a copy there, they never had any.
  const history = storage === "local" ? all : all.filter((item) => !isLookedUp(item));
  const lookedUp = all.length - history.length;
  const known = new Set([...readLeftOut(request.service), ...rejected]);
  const turn = history.findLastIndex((item) => isInput(item) && !isToolResult(item));
  const needed = new Set(request.unanswered.flatMap(approvedId));
  const portable = leaveOut(history, (item, index) =>
    needed.has(idOf(item)) ? NOTHING : index < turn ? known : rejected,
  );
  return {
    items: dropLoneReasoning(toTranscript([...portable.items, ...request.unanswered])),
    leftOut: addLeftOut(portable.leftOut, lookedUp),
  };
}

/** Adds reasoning that the service no longer stores to what was left out. */
function addLeftOut(leftOut: readonly LeftOut[], lookedUp: number): readonly LeftOut[] {
  if (lookedUp === 0) return leftOut;
  const others = leftOut.filter(({ reason }) => reason !== "reasoning");
  const encrypted = leftOut.find(({ reason }) => reason === "reasoning")?.count ?? 0;
  return [{ reason: "reasoning", count: lookedUp + encrypted }, ...others];
}

const NOTHING: ReadonlySet<ServiceBound> = new Set();

/** The messages before those that the model has not responded to yet. */
function historyOf({ messages, unanswered }: Request): readonly ResponseItem[] {
  return messages.slice(0, messages.length - unanswered.length);
}

/** Returns whether only the service that stores an item has its content. */
function isLookedUp(item: ResponseItem): boolean {
  return item.type === "reasoning" && typeof item.encrypted_content !== "string";
}

function approvedId(item: ResponseItem): string[] {
  return item.type === "mcp_approval_response" ? [item.approval_request_id] : [];
}

function idOf(item: ResponseItem): string {
  return "id" in item && typeof item.id === "string" ? item.id : "";
}

/**
 * Returns what later requests leave out of earlier turns, if the service does not store the conversation. Files are
 * not among it: they are single ones, and a download may succeed the next time.
 */
function remember(request: Request, { rejected }: Attempt): JsonObject | undefined {
  const leftOut = [...new Set([...readLeftOut(request.service), ...rejected])].filter(
    (kind) => kind !== "files",
  );
  return leftOut.length === 0 ? undefined : { leftOut };
}

/** After the first output of a response, a repeated request would emit it twice. */
function watchOutput(request: Request): { readonly request: Request; readonly hasOutput: () => boolean } {
  const { emit } = request;
  let isWritten = false;
  if (emit === undefined) return { request, hasOutput: () => false };
  const watched: typeof emit = (event) => {
    isWritten = true;
    emit(event);
  };
  return { request: { ...request, emit: watched }, hasOutput: () => isWritten };
}
