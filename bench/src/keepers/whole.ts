import type { Message } from "../turns.ts";
import type { Keeper, Page, Thread } from "./keeper.ts";

/** What a client does for a thread in one piece. */
export interface WholeText {
  readonly write: (id: string, text: string) => Promise<void>;
  readonly read: (id: string) => Promise<string | undefined>;
  /** On the condition that what is there is what this client wrote or read last. */
  readonly writeIfUnchanged?: (id: string, text: string) => Promise<void>;
  /** `undefined` when what is there is what this client wrote or read last. */
  readonly readIfChanged?: (id: string) => Promise<string | undefined>;
  readonly listPage?: (limit: number, cursor: string | undefined) => Promise<Page>;
  readonly close: () => Promise<void>;
}

/** Encodes the whole conversation after each turn and writes it, as people do without a library. */
export function wholeRewrite(client: WholeText): Keeper {
  const { writeIfUnchanged, readIfChanged, listPage } = client;
  const kept = new Map<string, unknown>();
  const read = async (id: string): Promise<unknown> => {
    const text = await client.read(id);
    if (text === undefined) throw new Error("The thread is not there.");
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
