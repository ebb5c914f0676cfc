import { LLMock } from "@copilotkit/aimock";

/** A local model server that speaks OpenAI's protocol over HTTP, so that the demo works without an API key. */
export interface LocalModel {
  readonly url: string;
  stop(): Promise<void>;
}

const JOKE = "Why is pirating so addictive? They say once ye lose yer first hand, ye get hooked!";
const IN_PIRATE =
  "Arrr! Why be piratin' so addictive, matey? Lose yer first hand, and ye be hooked fer life! Yo ho ho!";

/**
 * Starts a server with two canned answers. It returns the second only if the request contains the first: without the
 * conversation there is no joke to repeat.
 */
export async function startLocalModel(): Promise<LocalModel> {
  const server = new LLMock({ host: "127.0.0.1", port: 0 });
  server.onMessage(/short pirate joke/u, { content: JOKE });
  server.on(
    {
      userMessage: /voice of a pirate/u,
      predicate: ({ messages }) =>
        messages.some(({ role, content }) => role === "assistant" && content === JOKE),
    },
    { content: IN_PIRATE },
  );
  server.onMessage(/.*/u, { content: "Which joke? I do not know our conversation." });
  await server.start();
  return { url: `${server.url}/v1`, stop: () => server.stop() };
}
