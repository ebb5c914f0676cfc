import type { Client, Thread } from "../src/clients/client.ts";
import type { Message } from "../src/messages.ts";

/** A key-value library, which gets the whole conversation after each turn. */
export function wholeObjects(library: {
  readonly set: (id: string, thread: Thread) => Promise<unknown>;
  readonly get: (id: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}): Client {
  return {
    conversation(id) {
      const messages: Message[] = [];
      return {
        add: (added) => void messages.push(...added),
        save: async () => void (await library.set(id, { messages })),
      };
    },
    async load(id) {
      const found = await library.get(id);
      if (found === undefined || found === null) throw new Error("The thread does not exist.");
      return found;
    },
    // None of these libraries has a conditional write.
    replace: async (id, thread) => void (await library.set(id, thread)),
    close: library.close,
  };
}
