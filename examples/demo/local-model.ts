import { LLMock } from "@copilotkit/aimock";

/** A model server on this machine, for whoever has no key: it speaks OpenAI's protocol over HTTP. */
export interface LocalModel {
  readonly url: string;
  stop(): Promise<void>;
}

const JOKE = "Why is pirating so addictive? They say once ye lose yer first hand, ye get hooked!";
const IN_PIRATE =
  "Arrr! Why be piratin' so addictive, matey? Lose yer first hand, and ye be hooked fer life! Yo ho ho!";

/**
 * It plays two prepared answers. The second one it gives only when the request carries the first: without the
 * conversation it knows of no joke.
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
  server.onMessage(/.*/u, { content: "Which joke? I do not know what we talked about." });
  await server.start();
  return { url: `${server.url}/v1`, stop: () => server.stop() };
}
