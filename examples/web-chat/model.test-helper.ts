import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A model that streams `re: …` in chunks, pauses in the middle of an answer while it is held, and fails on request. */
export class Model {
  /** The answer, if not `re:` and the question. */
  answer: string | undefined;
  /** The status of the next responses. */
  status = 200;
  #held = Promise.resolve();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as {
        messages: { content: string }[];
      };
      void this.#respond(response, messages.at(-1)?.content ?? "");
    });
  });

  /** Resolves with the base URL of its API. */
  async start(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  /** Pauses all answers until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #respond(response: ServerResponse, question: string): Promise<void> {
    if (this.status !== 200) {
      response.writeHead(this.status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: "The model fails.", type: "test" } }));
      return;
    }
    const send = (delta: object, finishReason: string | null): void => {
      const choices = [{ index: 0, delta, finish_reason: finishReason }];
      const chunk = { id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices };
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    };
    response.writeHead(200, { "content-type": "text/event-stream" });
    send({ role: "assistant", content: this.answer === undefined ? "re: " : "" }, null);
    await this.#held;
    send({ content: this.answer ?? question }, null);
    send({}, "stop");
    response.end("data: [DONE]\n\n");
  }
}
