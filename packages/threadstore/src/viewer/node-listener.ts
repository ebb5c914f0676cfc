import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { RequestProblem } from "@threadstore/http/provider";
import type { ViewerHandler } from "./options.ts";

/** Options of {@link nodeListener}. */
export interface NodeListenerOptions {
  /**
   * The origin of the addresses in requests.
   * @default "http://localhost"
   */
  readonly origin?: string | undefined;
}

/**
 * Returns a listener for servers of `node:http`, and for frameworks with the same requests, such as Express. Mount it
 * before middleware that reads bodies. It reads the whole URL, so `basePath` includes the path of the mount.
 */
export function nodeListener(
  handler: ViewerHandler,
  { origin = "http://localhost" }: NodeListenerOptions = {},
): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    answer(handler, incoming, outgoing, origin).catch(() => {
      // The client has left, or the response has begun and cannot become another one.
      outgoing.destroy();
    });
  };
}

async function answer(
  handler: ViewerHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  origin: string,
): Promise<void> {
  const stop = new AbortController();
  outgoing.on("close", () => stop.abort());
  const request = requestOf(incoming, origin, stop.signal);
  if (request === undefined) {
    outgoing.writeHead(400).end();
    return;
  }
  const response = await handler(request);
  const cookies = response.headers.getSetCookie();
  const headers = [...response.headers].filter(([name]) => name !== "set-cookie");
  outgoing.writeHead(response.status, {
    ...Object.fromEntries(headers),
    ...(cookies.length === 0 ? {} : { "set-cookie": cookies }),
  });
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body), outgoing);
}

/** Returns the request; `undefined` if its URL or its method is not one that `Request` has. */
function requestOf(incoming: IncomingMessage, origin: string, signal: AbortSignal): Request | undefined {
  const { method = "GET" } = incoming;
  // Express removes the path of the mount from `url`.
  const url = "originalUrl" in incoming ? String(incoming.originalUrl) : (incoming.url ?? "/");
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    if (!url.startsWith("/")) return undefined;
    return new Request(origin + url, {
      method,
      headers: headersOf(incoming),
      signal,
      ...(hasBody ? { body: bodyOf(incoming), duplex: "half" } : {}),
    });
  } catch {
    return undefined;
  }
}

/** Returns the body, which fails if middleware has read it: an empty one would be reported as invalid JSON. */
function bodyOf(incoming: IncomingMessage): ReadableStream {
  const { "content-length": length = "0", "transfer-encoding": encoding } = incoming.headers;
  const isEmpty = length === "0" && encoding === undefined;
  if (isEmpty || !incoming.readableDidRead) return Readable.toWeb(incoming);
  return new ReadableStream({
    start(controller) {
      controller.error(
        new RequestProblem(
          "REQUEST_INVALID",
          "Middleware has read the body before the viewer. Mount the viewer before it.",
        ),
      );
    },
  });
}

function headersOf({ headers }: IncomingMessage): Headers {
  const copied = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const each of Array.isArray(value) ? value : [value ?? ""]) copied.append(name, each);
  }
  return copied;
}
