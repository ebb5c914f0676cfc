import type { Message } from "../messages.ts";
import type { Client, Page, Thread } from "./client.ts";

/** How a client stores a thread as one text. */
export interface WholeText {
  readonly write: (id: string, text: string) => Promise<void>;
  readonly read: (id: string) => Promise<string | undefined>;
  /** Writes if the stored text is the one this client last wrote or read. */
  readonly writeIfUnchanged?: (id: string, text: string) => Promise<void>;
  /** Resolves with `undefined` if the stored text is the one this client last wrote or read. */
  readonly readIfChanged?: (id: string) => Promise<string | undefined>;
  readonly listPage?: (limit: number, cursor: string | undefined) => Promise<Page>;
  readonly close: () => Promise<void>;
}

/** Encodes and writes the whole conversation after each turn, as applications do without a library. */
export function wholeRewrite(client: WholeText): Client {
  const { writeIfUnchanged, readIfChanged, listPage } = client;
  const kept = new Map<string, unknown>();
  const read = async (id: string): Promise<unknown> => {
    const text = await client.read(id);
    if (text === undefined) throw new Error("The thread does not exist.");
    const value: unknown = JSON.parse(text);
    if (readIfChanged !== undefined) kept.set(id, value);
    return value;
  };
  return {
    conversation(id) {
      const messages: Message[] = [];
      return {
        add: (added) => void messages.push(...added),
        save: () => client.write(id, JSON.stringify({ messages })),
      };
    },
    load: read,
    ...(writeIfUnchanged && {
      replace: (id: string, thread: Thread) => writeIfUnchanged(id, JSON.stringify(thread)),
    }),
    ...(readIfChanged && {
      async reload(id: string) {
        const text = await readIfChanged(id);
        return text === undefined ? kept.get(id) : JSON.parse(text);
      },
    }),
    ...(listPage && { listPage }),
    close: client.close,
  };
}
