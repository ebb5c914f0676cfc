import { Agent, type IncomingMessage, request } from "node:http";
import type { Endpoint } from "../../../src/suite/harness.ts";
import { asNetworkError } from "../network-error.ts";

export interface KeyValueResponse {
  readonly status: number;
  readonly etag: string;
  readonly body: Buffer;
  /** The delay that `Retry-After` requests, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

export interface KeyValueRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** Sends each request once. Keeps connections alive until it is closed. */
export class KeyValueClient {
  /** Number of established connections that have closed. */
  connectionsLost = 0;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #endpoint: Endpoint;
  readonly #acceptsTruncatedBodies: boolean;

  /** `acceptsTruncatedBodies` is a bug: the received part of a truncated body is returned as if it were complete. */
  constructor(
    endpoint: Endpoint,
    { acceptsTruncatedBodies = false }: { acceptsTruncatedBodies?: boolean } = {},
  ) {
    this.#endpoint = endpoint;
    this.#acceptsTruncatedBodies = acceptsTruncatedBodies;
  }

  send(
    method: string,
    path: string,
    { headers = {}, body, signal }: KeyValueRequest = {},
  ): Promise<KeyValueResponse> {
    return new Promise((resolve, reject) => {
      const length = { "content-length": String(body?.length ?? 0) };
      const options = {
        ...this.#endpoint,
        agent: this.#agent,
        method,
        path,
        headers: { ...headers, ...length },
      };
      const fail = (error: unknown): void => reject(asNetworkError(error));
      const sent = request({ ...options, ...(signal === undefined ? {} : { signal }) }, (response) => {
        this.#bodyOf(response).then((received) => resolve(responseOf(response, received)), fail);
      });
      sent.on("error", fail);
      sent.on("socket", (socket) => {
        if (socket.connecting) socket.once("close", () => (this.connectionsLost += 1));
      });
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #bodyOf(response: IncomingMessage): Promise<Buffer> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of response) chunks.push(chunk as Buffer);
    } catch (error) {
      if (!this.#acceptsTruncatedBodies) throw error;
    }
    return Buffer.concat(chunks);
  }
}

function responseOf({ statusCode = 0, headers }: IncomingMessage, body: Buffer): KeyValueResponse {
  const seconds = headers["retry-after"];
  return {
    status: statusCode,
    etag: (headers.etag ?? "").replaceAll('"', ""),
    body,
    retryAfterMs: seconds === undefined ? undefined : Number(seconds) * 1000,
  };
}
