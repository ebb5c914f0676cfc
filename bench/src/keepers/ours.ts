import type { StoredThread, ThreadStore } from "@threadstore/core";
import type { Message } from "../turns.ts";
import { agentThread } from "./agent-thread.ts";
import type { Contestant, Conversation, Keeper, ModelClient } from "./keeper.ts";

/**
 * A store of ours, through `save` with whole objects, and through an agent's thread, which is another way to grow
 * a conversation and the same store for everything else.
 */
export function ours(open: (place: string) => ThreadStore): readonly Contestant[] {
  return [
    {
      name: "ours, agent's text",
      role: "ours",
      async open(place) {
        const { conversation, load, close } = storeKeeper(open(place), throughAgent);
        return { conversation, load, close };
      },
    },
    { name: "ours, objects", role: "ours", open: async (place) => storeKeeper(open(place), throughObjects) },
  ];
}

type Through = (store: ThreadStore, id: string, client: ModelClient) => Conversation;

function throughAgent(store: ThreadStore, id: string, client: ModelClient): Conversation {
  const thread = agentThread(client);
  let previous: StoredThread | undefined;
  return {
    add: thread.add,
    runsAgent: true,
    async save() {
      previous = await store.save(id, thread.serializeParts(), { previous });
    },
  };
}

/** Whole objects, each replacing what the save before it gave. */
export function throughObjects(store: ThreadStore, id: string): Conversation {
  const messages: Message[] = [];
  let previous: StoredThread | undefined;
  return {
    add: (added) => void messages.push(...added),
    async save() {
      previous = await store.save(id, { messages }, { previous });
    },
  };
}

function storeKeeper(store: ThreadStore, through: Through): Keeper {
  const seen = new Map<string, StoredThread | undefined>();
  return {
    conversation: (id, client) => through(store, id, client),
    async load(id) {
      const found = await store.load(id);
      if (found === undefined) throw new Error("The thread is not there.");
      seen.set(id, found);
      return found.thread;
    },
    async replace(id, thread) {
      seen.set(id, await store.save(id, thread, { previous: seen.get(id) }));
    },
    async reload(id) {
      const before = seen.get(id);
      const found = await store.load(id, { cached: before });
      // Who sees that it is the same version uses what they have.
      return found?.version === before?.version ? before : found?.thread;
    },
    async listPage(limit, cursor) {
      const page = await store.listPage({ limit, cursor });
      return { count: page.threads.length, cursor: page.cursor };
    },
    close: () => store.close(),
  };
}
