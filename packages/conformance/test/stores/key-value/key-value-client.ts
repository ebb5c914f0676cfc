import { Agent, type IncomingMessage, request } from "node:http";
import type { Endpoint } from "../../../src/suite/harness.ts";
import { asNetworkError } from "../network-error.ts";

export interface Answer {
  readonly status: number;
  readonly etag: string;
  readonly body: Buffer;
  /** What `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

export interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
}

/** Sends each request once, over connections that it keeps alive until it is closed. */
export class KeyValueClient {
  /** How many connections were made that are closed by now. */
  connectionsLost = 0;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #endpoint: Endpoint;
  readonly #takesHalfAnswers: boolean;

  /** `takesHalfAnswers` is a bug: what came of an answer before it was cut passes for the whole. */
  constructor(endpoint: Endpoint, { takesHalfAnswers = false }: { takesHalfAnswers?: boolean } = {}) {
    this.#endpoint = endpoint;
    this.#takesHalfAnswers = takesHalfAnswers;
  }

  send(method: string, path: string, { headers = {}, body, signal }: Sending = {}): Promise<Answer> {
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
        this.#bodyOf(response).then((received) => resolve(answerOf(response, received)), fail);
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
      if (!this.#takesHalfAnswers) throw error;
    }
    return Buffer.concat(chunks);
  }
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, body: Buffer): Answer {
  const seconds = headers["retry-after"];
  return {
    status: statusCode,
    etag: (headers.etag ?? "").replaceAll('"', ""),
    body,
    retryAfterMs: seconds === undefined ? undefined : Number(seconds) * 1000,
  };
}
