import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { ChatRequest, Rejection } from "./request.test-helper.ts";
import { findResponsesRejection } from "./responses-rules.test-helper.ts";
import { findRejection, type StrictServerKind } from "./rules.test-helper.ts";

export interface StrictServer {
  readonly url: string;
  /** The requests so far, accepted or not. */
  readonly requests: readonly ChatRequest[];
}

/** Returns the assistant message that answers a request. */
export type AnswerRequest = (request: ChatRequest) => object;

/**
 * Starts a server that is as strict as the real ones of its kind, on a free port, and stops it at the end of the
 * test. Sends the message of `answer` to a request that it accepts, in one piece if the request is streamed. The
 * Responses API always answers `ok`.
 */
export async function startStrictServer(
  kind: StrictServerKind = "openai",
  answer: AnswerRequest = () => ({ role: "assistant", content: "ok" }),
): Promise<StrictServer> {
  const requests: ChatRequest[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const body = JSON.parse(Buffer.concat(pieces).toString("utf8")) as ChatRequest;
      requests.push(body);
      if (request.url?.endsWith("/responses") === true) respondToItems(response, { ...body });
      else respond(response, findRejection(kind, body), body.stream === true, () => answer(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function respond(
  response: ServerResponse,
  rejection: Rejection | undefined,
  isStreamed: boolean,
  answer: () => object,
): void {
  if (rejection !== undefined) {
    response.writeHead(rejection.status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: rejection.error }));
  } else if (isStreamed) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(toEvent(toCompletion("chat.completion.chunk", { delta: answer(), finish_reason: null })));
    response.write(toEvent(toCompletion("chat.completion.chunk", { delta: {}, finish_reason: "stop" })));
    response.end("data: [DONE]\n\n");
  } else {
    response.writeHead(200, { "content-type": "application/json" });
    const choice = { message: answer(), finish_reason: "stop", logprobs: null };
    response.end(JSON.stringify(toCompletion("chat.completion", choice)));
  }
}

/** Responds as the Responses API. It does not store anything, so each request must contain all items. */
function respondToItems(response: ServerResponse, request: { readonly [member: string]: unknown }): void {
  const rejection = findResponsesRejection(request);
  const content = [{ type: "output_text", text: "ok", annotations: [] }];
  const output = [{ type: "message", id: "msg_1", role: "assistant", status: "completed", content }];
  response.writeHead(rejection?.status ?? 200, { "content-type": "application/json" });
  response.end(
    JSON.stringify(
      rejection === undefined
        ? { id: "resp_1", object: "response", created_at: 1, model: "m", status: "completed", output }
        : { error: rejection.error },
    ),
  );
}

function toCompletion(object: string, choice: object): object {
  return { id: "chatcmpl-1", object, created: 1, model: "m", choices: [{ index: 0, ...choice }] };
}

function toEvent(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
