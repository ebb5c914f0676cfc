import { setTimeout } from "node:timers/promises";
import { memoryStore } from "@threadstore/core";
import {
  createUIMessageStreamResponse,
  DefaultChatTransport,
  readUIMessageStream,
  UI_MESSAGE_STREAM_HEADERS,
  type UIMessage,
  type UIMessageChunk,
} from "ai";
import { expect, it } from "vitest";
import { resumableStreams } from "../streams.ts";

async function* answer(released: Promise<void>): AsyncGenerator<UIMessageChunk> {
  yield { type: "start", messageId: "m" };
  yield { type: "text-start", id: "t" };
  yield { type: "text-delta", id: "t", delta: "Once " };
  await released;
  yield { type: "text-delta", id: "t", delta: "upon a time" };
  yield { type: "text-end", id: "t" };
  yield { type: "finish" };
}

it("`resume` of the AI SDK continues an answer in another process, after the connection was lost", async () => {
  const store = memoryStore();
  const times = { flushMs: 5, pollMs: 5, leaseMs: 2000 };
  const [first, second] = [resumableStreams({ store, ...times }), resumableStreams({ store, ...times })];
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const response = createUIMessageStreamResponse({
    stream: ReadableStream.from<UIMessageChunk>(answer(released)),
    consumeSseStream: ({ stream }) => void first.record("chat", stream),
  });
  const connection = response.body?.getReader();
  await connection?.read();
  await connection?.cancel();

  const transport = new DefaultChatTransport<UIMessage>({
    api: "http://localhost/api/chat",
    fetch: async () => {
      const stream = await second.resume("chat");
      return stream === undefined
        ? new Response(null, { status: 204 })
        : new Response(stream, { headers: UI_MESSAGE_STREAM_HEADERS });
    },
  });
  const resumed = await transport.reconnectToStream({ chatId: "chat" });
  if (resumed === null) throw new Error("There is no stream.");
  const reading = (async () => {
    let last: UIMessage | undefined;
    for await (const message of readUIMessageStream({ stream: resumed })) last = message;
    return last;
  })();
  await setTimeout(10);
  release();
  expect(await reading).toMatchObject({
    id: "m",
    parts: [{ type: "text", text: "Once upon a time", state: "done" }],
  });
  await expect.poll(() => second.status("chat"), { interval: 5 }).toBe("done");
  expect(await transport.reconnectToStream({ chatId: "chat" })).toBeNull();
});
