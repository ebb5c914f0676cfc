import type { StoredThread, ThreadStore } from "@threadstore/core";
import type { Message } from "../messages.ts";
import { agentThread } from "./agent-thread.ts";
import type { Subject, Conversation, Client, ModelClient } from "./client.ts";

/**
 * A ThreadStore as two subjects: with whole objects, and with an agent's thread. They differ only in how a conversation
 * grows.
 */
export function ours(open: (location: string) => ThreadStore): readonly Subject[] {
  return [
    {
      name: "ours, agent's text",
      role: "ours",
      async open(location) {
        const { conversation, load, close } = storeKeeper(open(location), throughAgent);
        return { conversation, load, close };
      },
    },
    {
      name: "ours, objects",
      role: "ours",
      open: async (location) => storeKeeper(open(location), throughObjects),
    },
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
      previous = await store.save(id, await thread.serialize(), { previous });
    },
  };
}

/** Saves whole objects, each replacing the result of the previous save. */
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

function storeKeeper(store: ThreadStore, through: Through): Client {
  const seen = new Map<string, StoredThread | undefined>();
  return {
    conversation: (id, client) => through(store, id, client),
    async load(id) {
      const found = await store.load(id);
      if (found === undefined) throw new Error("The thread does not exist.");
      seen.set(id, found);
      return found.thread;
    },
    async replace(id, thread) {
      seen.set(id, await store.save(id, thread, { previous: seen.get(id) }));
    },
    async reload(id) {
      const before = seen.get(id);
      const found = await store.load(id, { cached: before });
      // A caller that holds this version already uses its own object.
      return found?.version === before?.version ? before : found?.thread;
    },
    async listPage(limit, cursor) {
      const page = await store.listPage({ limit, cursor });
      return { count: page.threads.length, cursor: page.cursor };
    },
    close: () => store.close(),
  };
}
