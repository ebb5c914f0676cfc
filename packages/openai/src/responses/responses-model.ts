import { AgentError } from "@threadstore/agent";
import {
  type EmitEvent,
  untilAborted,
  wholeCharacters,
  copyJson,
  isPlainObject,
} from "@threadstore/agent/provider";
import type { OpenAI } from "openai";
import type {
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseStreamEvent,
  ResponseUsage,
} from "openai/resources/responses/responses";
import { explainInterruption } from "../model-error.ts";
import { checkItems, type ResponseItem } from "./response-item.ts";

/** The body of a request; whether it is streamed is decided at the call. */
export type ResponsesRequest = Omit<ResponseCreateParamsNonStreaming, "stream">;

/** What is read of an answer. */
export interface ResponsesAnswer {
  readonly id: string;
  readonly items: readonly ResponseItem[];
  readonly refusal: string | undefined;
  readonly finishReason: string | undefined;
  readonly usage: ResponseUsage | undefined;
}

/** Asks the model. Rejects with what the `openai` package throws, or with an AgentError. */
export async function callResponses(
  client: OpenAI,
  request: ResponsesRequest,
  signal: AbortSignal,
  emit: EmitEvent<ResponseItem> | undefined,
): Promise<ResponsesAnswer> {
  signal.throwIfAborted();
  const response =
    emit === undefined
      ? client.responses.create({ ...request, stream: false }, { signal })
      : streamResponse(client, request, signal, emit);
  return readResponse(await untilAborted<unknown>(response, signal));
}

/** The events are read raw: the package's own helper adds members to items that the service then refuses. */
async function streamResponse(
  client: OpenAI,
  request: ResponsesRequest,
  signal: AbortSignal,
  emit: EmitEvent<ResponseItem>,
): Promise<Response> {
  const stream = await client.responses.create({ ...request, stream: true }, { signal });
  const text = wholeCharacters((delta) => emit({ type: "text", delta }));
  const refusal = wholeCharacters((delta) => emit({ type: "refusal", delta }));
  let response: Response | undefined;
  try {
    for await (const event of stream) {
      if (signal.aborted) break;
      if (event.type === "response.output_text.delta") text.add(event.delta);
      if (event.type === "response.refusal.delta") refusal.add(event.delta);
      response = lastResponse(event) ?? response;
    }
  } catch (error) {
    throw AgentError.is(error) ? error : explainInterruption(error);
  }
  signal.throwIfAborted();
  if (response === undefined)
    throw explainInterruption(new Error("The stream ended before the response did."));
  text.end();
  refusal.end();
  return response;
}

function lastResponse(event: ResponseStreamEvent): Response | undefined {
  if (event.type === "error") throw failed(event.code, event);
  const isLast = ["response.completed", "response.incomplete", "response.failed"].includes(event.type);
  return isLast && "response" in event ? event.response : undefined;
}

function readResponse(response: unknown): ResponsesAnswer {
  // A proxy's page of HTML arrives here as a string.
  if (!isPlainObject(response) || !Array.isArray(response["output"]) || typeof response["id"] !== "string") {
    const message =
      "The server's answer is not a response with output. Does the client's base URL point at the Responses API?";
    throw new AgentError("RESPONSE_INVALID", message);
  }
  const { id, output, usage, status, error } = response as unknown as Response;
  if (status === "failed") throw failed(error?.code, error);
  if (status !== undefined && status !== "completed" && status !== "incomplete") {
    throw new AgentError(
      "RESPONSE_INVALID",
      `The response ended with the status "${status}" instead of an answer.`,
    );
  }
  const copy = copyJson(output, { code: "RESPONSE_INVALID", mendText: true }, "$.output");
  const items = checkItems(copy, "$.output", "RESPONSE_INVALID");
  const reason = (response as unknown as Response).incomplete_details?.reason;
  return { id, items, refusal: readRefusal(items), finishReason: reason ?? status, usage: readUsage(usage) };
}

function readUsage(usage: ResponseUsage | null | undefined): ResponseUsage | undefined {
  if (!isPlainObject(usage)) return undefined;
  const copy = copyJson(usage, { code: "RESPONSE_INVALID", mendText: true }, "$.usage");
  return copy as unknown as ResponseUsage;
}

function readRefusal(items: readonly ResponseItem[]): string | undefined {
  const refusals = partsOf(items).flatMap((part) => (part.type === "refusal" ? [part.refusal] : []));
  return refusals.length === 0 ? undefined : refusals.join("");
}

/** The text of an answer. */
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

function failed(code: string | null | undefined, cause: unknown): AgentError {
  const isTemporary = code === "server_error" || code === "rate_limit_exceeded";
  const reason = typeof code === "string" && /^[\w.-]{1,64}$/.test(code) ? ` (${code})` : "";
  return isTemporary
    ? new AgentError("MODEL_UNAVAILABLE", `The model failed to answer${reason}. Try again later.`, { cause })
    : new AgentError("MODEL_REFUSED", `The model refused to answer${reason}. The cause says why.`, { cause });
}
