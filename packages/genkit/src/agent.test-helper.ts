import { type Agent, genkit, type SessionStore } from "genkit/beta";

/** Settings of the model. */
export interface Behavior {
  /** Called before each answer, which waits for it. May throw. */
  readonly before?: ((prompt: string, signal: AbortSignal | undefined) => Promise<void>) | undefined;
}

/** Returns an agent whose model answers with the number of prompts so far and the last one, as a process has it. */
export function echoAgent(store: SessionStore, { before }: Behavior = {}): Agent {
  const ai = genkit({});
  ai.defineModel({ name: "echo", apiVersion: "v2" }, async ({ messages }, options) => {
    const prompts = messages
      .filter(({ role }) => role === "user")
      .map(({ content }) => content.map(({ text = "" }) => text).join(""));
    const last = prompts.at(-1) ?? "";
    await before?.(last, options.abortSignal);
    const text = `${prompts.length}: ${last}`;
    return { message: { role: "model", content: [{ text }] }, finishReason: "stop" };
  });
  return ai.defineAgent({ name: "echo", model: "echo", system: "Repeat the prompt.", store });
}
