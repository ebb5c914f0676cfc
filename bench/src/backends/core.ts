import type { StoredThread, ThreadStore } from "@threadstore/core";
import { TEXT_PARTS } from "@threadstore/core/documents";
import { createThreadStore, type ThreadDriver } from "@threadstore/core/driver";
import type { Backend, Subject, Conversation, Client } from "../clients/client.ts";
import { throughObjects } from "../clients/thread-store.ts";
import { type Message, turnMessages } from "../messages.ts";

/** A driver that accepts every write and stores nothing. */
const nowhere: ThreadDriver = {
  contract: 2,
  name: "nowhere",
  read: async () => undefined,
  write: async (_, { nonce }) => nonce,
  readTail: async () => undefined,
  patch: async (_, { nonce }) => nonce,
  delete: async () => false,
  list: async () => ({ records: [], next: undefined }),
  listNamespaces: async () => ({ namespaces: [], next: undefined }),
  close: async () => undefined,
};

/** No backend, so that a save costs only core's own work. The raw client is `JSON.stringify`. */
export const core: Backend = {
  name: "core",
  withoutPeers: true,
  start: async () => ({
    endpoint: undefined,
    subjects: [
      subject("ours, parts", "ours", throughParts),
      subject("ours, objects", "ours", (store) => throughObjects(store, "id")),
      subject("raw, whole", "raw", encoded),
    ],
    stop: async () => undefined,
  }),
};

/** Warms up first: without a backend, late compilation would dominate the result. */
function subject(name: string, role: Subject["role"], begin: (store: ThreadStore) => Conversation): Subject {
  return {
    name,
    role,
    async open(): Promise<Client> {
      const store = createThreadStore(nowhere);
      const { add, save } = begin(store);
      for (let turn = 0; turn < 400; turn += 1) {
        await add(turnMessages(turn));
        await save();
      }
      return {
        conversation: () => begin(store),
        load: async () => undefined,
        savesAlone: true,
        close: () => store.close(),
      };
    },
  };
}

function throughParts(store: ThreadStore): Conversation {
  const parts: string[] = [];
  let previous: StoredThread | undefined;
  return {
    add(added) {
      for (const message of added) parts.push((parts.length === 0 ? "" : ",") + JSON.stringify(message));
    },
    async save() {
      previous = await store.save(
        "id",
        { [TEXT_PARTS]: () => ['{"messages":[', ...parts, "]}"] },
        { previous },
      );
    },
  };
}

function encoded(): Conversation {
  const messages: Message[] = [];
  return {
    add: (added) => void messages.push(...added),
    save: async () => void Buffer.from(JSON.stringify({ messages })),
  };
}
