import { createThreadStore, type StoredThread, type ThreadDriver, type ThreadStore } from "@threadstore/core";
import type { Backend, Contestant, Conversation, Keeper } from "../keepers/keeper.ts";
import { throughObjects } from "../keepers/ours.ts";
import { type Message, turnMessages } from "../turns.ts";

/** Takes what it is given for stored. */
const nowhere: ThreadDriver = {
  contract: 1,
  name: "nowhere",
  read: async () => undefined,
  write: async (_, { nonce }) => nonce,
  delete: async () => false,
  list: async () => ({ records: [], next: undefined }),
  explain: () => undefined,
  close: async () => undefined,
};

/** No backend: what a save then costs is what core does for it. The raw client is `JSON.stringify`. */
export const core: Backend = {
  name: "core",
  start: async () => ({
    endpoint: undefined,
    contestants: [
      contestant("ours, parts", "ours", throughParts),
      contestant("ours, objects", "ours", (store) => throughObjects(store, "id")),
      contestant("raw, whole", "raw", encoded),
    ],
    stop: async () => undefined,
  }),
};

/** In a process that has done it often: nothing else is measured that could hide what is compiled late. */
function contestant(
  name: string,
  role: Contestant["role"],
  begin: (store: ThreadStore) => Conversation,
): Contestant {
  return {
    name,
    role,
    async open(): Promise<Keeper> {
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
      previous = await store.save("id", ['{"messages":[', ...parts, "]}"], { previous });
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
