import { Agent } from "@mastra/core/agent";
import { MastraCompositeStore, type MemoryStorage } from "@mastra/core/storage";
import { Memory } from "@mastra/memory";

type Options = NonNullable<ConstructorParameters<typeof Memory>[0]>["options"];

const USAGE = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };

interface Prompt {
  readonly prompt: readonly { readonly role: string; readonly content: unknown }[];
}

/** Returns the text of the last message, and the number of messages that are not instructions. */
function answerTo({ prompt }: Prompt): string {
  const messages = prompt.filter(({ role }) => role !== "system");
  const [part] = (messages.at(-1)?.content ?? []) as { readonly text?: string }[];
  return `${messages.length}: ${part?.text ?? ""}`;
}

/** A model that answers with the number of messages that it received and the text of the last one. */
export const ECHO_MODEL: object = {
  specificationVersion: "v2",
  provider: "tests",
  modelId: "echo",
  supportedUrls: {},
  async doGenerate(options: Prompt) {
    const content = [{ type: "text", text: answerTo(options) }];
    return { content, finishReason: "stop", usage: USAGE, warnings: [] };
  },
  async doStream(options: Prompt) {
    const parts = [
      { type: "stream-start", warnings: [] },
      { type: "text-start", id: "1" },
      { type: "text-delta", id: "1", delta: answerTo(options) },
      { type: "text-end", id: "1" },
      { type: "finish", finishReason: "stop", usage: USAGE },
    ];
    return { stream: ReadableStream.from(parts) };
  },
};

export function storageWith(memory: MemoryStorage): MastraCompositeStore {
  return new MastraCompositeStore({ id: "tests", domains: { memory } });
}

/** Creates the memory of an agent as a request does. */
export function newMemory(storage: MemoryStorage, options: Options = { lastMessages: 10 }): Memory {
  return new Memory({ storage: storageWith(storage), options });
}

export function newAgent(memory: Memory): Agent {
  const names = { id: "assistant", name: "assistant" };
  return new Agent({ ...names, instructions: "Be brief.", model: ECHO_MODEL as never, memory });
}

/** Runs a turn and returns the text of its answer. */
export async function ask(memory: Memory, thread: string, text: string): Promise<string> {
  const { text: answer } = await newAgent(memory).generate(text, { memory: { thread, resource: "ann" } });
  return answer;
}
