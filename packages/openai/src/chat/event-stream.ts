import type { OpenAI } from "openai";
import { Stream } from "openai/core/streaming";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";

/** How many characters at the end of a stream can contain its last event, `data: [DONE]`. */
const END_LENGTH = 64;

/** The body of a response to a request for a stream. */
export interface ReceivedBody {
  /** The whole body, if the server does not stream: JSON, or the page of a proxy. */
  readonly whole: (() => Promise<string>) | undefined;
  readonly chunks: AsyncIterable<ChatCompletionChunk>;
  /** Returns whether the server has announced the end of the stream. */
  readonly isDone: () => boolean;
}

/**
 * Reads the beginning of a response, which shows whether it is a stream: some servers do not stream, and others declare
 * a wrong type. Aborting `controller` must end the request.
 */
export async function receiveBody(
  response: Response,
  client: OpenAI,
  controller: AbortController,
): Promise<ReceivedBody> {
  const { headers, status } = response;
  const reader = response.body?.getReader();
  const first = await reader?.read();
  const decoder = new TextDecoder();
  let end = "";
  const note = (bytes: Uint8Array): void => {
    end = (end + decoder.decode(bytes, { stream: true })).slice(-END_LENGTH);
  };
  const body = new ReadableStream<Uint8Array>({
    start(target) {
      if (first?.value !== undefined) {
        note(first.value);
        target.enqueue(first.value);
      }
      if (first?.done !== false) target.close();
    },
    async pull(target) {
      const next = await reader?.read();
      if (next?.value === undefined) return target.close();
      note(next.value);
      return target.enqueue(next.value);
    },
    cancel: (reason) => reader?.cancel(reason),
  });
  const received = new Response(body, { headers, status });
  const isWhole = /^\s*[[{<]/u.test(new TextDecoder().decode(first?.value));
  return {
    whole: isWhole ? async () => received.text() : undefined,
    chunks: Stream.fromSSEResponse<ChatCompletionChunk>(received, controller, client),
    isDone: () => /(?:^|[\r\n])data: ?\[DONE\]\s*$/u.test(end),
  };
}
