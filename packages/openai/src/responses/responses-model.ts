import { AgentError } from "@threadstore/agent";
import { copyJson, type EmitEvent, splitCharacters } from "@threadstore/agent/provider";
import { isPlainObject, untilAborted } from "@threadstore/core/documents";
import type { OpenAI } from "openai";
import type {
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseStreamEvent,
  ResponseUsage,
} from "openai/resources/responses/responses";
import { streamInterrupted } from "../model-error.ts";
import { makeItemsSendable, removeRepeatedCalls } from "./make-items-sendable.ts";
import { checkItems, isInput, type ResponseItem } from "./response-item.ts";
import { isEventStream, unlessUnreadable, unreadable } from "./unreadable-response.ts";

/** The body of a request, whether it is streamed or not. */
export type ResponsesRequest = Omit<ResponseCreateParamsNonStreaming, "stream">;

export interface ResponsesModelResponse {
  readonly id: string;
  readonly items: readonly ResponseItem[];
  /** Whether ids of calls differ from those that the service stores. */
  readonly isRenamed: boolean;
  readonly refusal: string | undefined;
  readonly finishReason: string | undefined;
  /** Whether the response ended before the model was done. */
  readonly isIncomplete: boolean;
  readonly usage: ResponseUsage | undefined;
}

/** Sends a request to the model. Rejects with the error of the `openai` package or with an `AgentError`. */
export async function callResponses(
  client: OpenAI,
  request: ResponsesRequest,
  signal: AbortSignal,
  emit: EmitEvent<ResponseItem> | undefined,
): Promise<ResponsesModelResponse> {
  signal.throwIfAborted();
  // The client repeats requests whose response was lost: the service would run an approved call again, or add to its
  // conversation again.
  const isRepeatable = !approvesCall(request) && typeof request.conversation !== "string";
  const options = { signal, ...(isRepeatable ? {} : { maxRetries: 0 }) };
  const response =
    emit === undefined
      ? unlessUnreadable(client.responses.create({ ...request, stream: false }, options))
      : streamResponse(client, request, options, emit);
  return readResponse(await untilAborted<unknown>(response, signal));
}

/** Reads the raw events: the package's own helper adds members to items that the service then rejects as input. */
async function streamResponse(
  client: OpenAI,
  request: ResponsesRequest,
  options: { readonly signal: AbortSignal; readonly maxRetries?: number },
  emit: EmitEvent<ResponseItem>,
): Promise<Response> {
  const { signal } = options;
  const sent = client.responses.create({ ...request, stream: true }, options);
  const stream = await sent;
  const text = splitCharacters((delta) => emit({ type: "text", delta }));
  const refusal = splitCharacters((delta) => emit({ type: "refusal", delta }));
  let response: Response | undefined;
  try {
    for await (const event of stream) {
      if (signal.aborted) break;
      if (event.type === "response.output_text.delta") text.add(event.delta);
      if (event.type === "response.refusal.delta") refusal.add(event.delta);
      response = finalResponse(event) ?? response;
    }
  } catch (error) {
    throw AgentError.is(error) ? error : streamInterrupted(error);
  }
  signal.throwIfAborted();
  if (response === undefined) {
    if (!(await isEventStream(sent))) throw unreadable();
    throw streamInterrupted(new Error("The stream ended before the response did."));
  }
  text.end();
  refusal.end();
  return response;
}

/** Returns whether the model has not responded yet to an approval of a call that the service runs. */
function approvesCall({ input }: ResponsesRequest): boolean {
  const items = Array.isArray(input) ? input : [];
  const unanswered = items.slice(items.findLastIndex((item) => !isInput(item)) + 1);
  return unanswered.some(isApproval);
}

/** Returns whether an item lets the service run a call. */
export function isApproval(item: Pick<ResponseItem, "type">): boolean {
  return item.type === "mcp_approval_response" && "approve" in item && item.approve === true;
}

function finalResponse(event: ResponseStreamEvent): Response | undefined {
  if (event.type === "error") throw responseFailed(event.code, event);
  const isFinal = ["response.completed", "response.incomplete", "response.failed"].includes(event.type);
  return isFinal && "response" in event ? event.response : undefined;
}

function readResponse(response: unknown): ResponsesModelResponse {
  if (!isPlainObject(response) || !Array.isArray(response["output"]) || typeof response["id"] !== "string") {
    throw unreadable();
  }
  const { id, output, usage, status, error, incomplete_details } = response as unknown as Response;
  if (status === "failed") throw responseFailed(error?.code, error);
  if (status !== undefined && status !== "completed" && status !== "incomplete") {
    const message = `The response ended with status "${status}" instead of being completed.`;
    throw new AgentError("RESPONSE_INVALID", message);
  }
  const copy = removeRepeatedCalls(copyReceived(output, "$.output"));
  const isRenamed = makeItemsSendable(copy);
  const items = checkItems(copy, "$.output", "RESPONSE_INVALID");
  const finishReason = incomplete_details?.reason ?? status;
  const isIncomplete = status === "incomplete";
  const refusal = readRefusal(items);
  return { id, items, isRenamed, refusal, finishReason, isIncomplete, usage: readUsage(usage) };
}

function readUsage(usage: ResponseUsage | null | undefined): ResponseUsage | undefined {
  if (!isPlainObject(usage)) return undefined;
  return copyReceived(usage, "$.usage") as unknown as ResponseUsage;
}

function copyReceived(value: unknown, path: string): ReturnType<typeof copyJson> {
  return copyJson(value, { code: "RESPONSE_INVALID", loneSurrogates: "replace", path });
}

function readRefusal(items: readonly ResponseItem[]): string | undefined {
  const refusals = partsOf(items).flatMap((part) => (part.type === "refusal" ? [part.refusal] : []));
  return refusals.length === 0 ? undefined : refusals.join("");
}

/** Returns the text of a response. */
export function textOf(items: readonly ResponseItem[]): string {
  return partsOf(items)
    .map((part) => (part.type === "output_text" ? part.text : ""))
    .join("");
}

interface Part {
  readonly type: string;
  readonly text: string;
  readonly refusal: string;
}

function partsOf(items: readonly ResponseItem[]): readonly Part[] {
  return items.flatMap((item) =>
    item.type === "message" && item.role === "assistant" && typeof item.content !== "string"
      ? (item.content as unknown as Part[])
      : [],
  );
}

function responseFailed(code: string | null | undefined, cause: unknown): AgentError {
  const isTemporary = code === "server_error" || code === "rate_limit_exceeded";
  const reason = typeof code === "string" && /^[\w.-]{1,64}$/.test(code) ? ` (${code})` : "";
  return isTemporary
    ? new AgentError("MODEL_UNAVAILABLE", `The model failed to respond${reason}. Try again later.`, { cause })
    : new AgentError("MODEL_REFUSED", `The model's service rejected the request${reason}. See the cause.`, {
        cause,
      });
}
