import type { Keeper, Thread } from "../src/keepers/keeper.ts";
import type { Message } from "../src/turns.ts";

/** A library that keeps a value under a key: it gets the whole conversation after each turn. */
export function wholeObjects(library: {
  readonly set: (id: string, thread: Thread) => Promise<unknown>;
  readonly get: (id: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}): Keeper {
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
      if (found === undefined || found === null) throw new Error("The thread is not there.");
      return found;
    },
    // None of them compares with what it replaces.
    replace: async (id, thread) => void (await library.set(id, thread)),
    close: library.close,
  };
}
