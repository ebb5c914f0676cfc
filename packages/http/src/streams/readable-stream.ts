import type { StreamEntry } from "./read-stream.ts";

/** Returns the chunks of a stream, which are read as fast as the reader takes them. */
export function toReadable(
  read: (signal: AbortSignal) => AsyncIterable<StreamEntry>,
): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  const entries = read(stop.signal)[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await entries.next();
      if (done === true) controller.close();
      else controller.enqueue(Uint8Array.from(value.chunk));
    },
    async cancel() {
      stop.abort();
      await entries.return?.();
    },
  });
}
