import { createThreadStore, type ThreadDriver } from "@threadstore/core";
import type { Backend, Contestant } from "../keepers/keeper.ts";
import { ours } from "../keepers/ours.ts";

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
  async start() {
    const contestants = [...ours(() => createThreadStore(nowhere)), encoder];
    return { endpoint: undefined, contestants: contestants.map(onlyGrowing), stop: async () => undefined };
  },
};

const encoder: Contestant = {
  name: "raw, whole",
  role: "raw",
  open: async () => {
    const messages: object[] = [];
    return {
      conversation: () => ({
        add: (added) => void messages.push(...added),
        save: async () => void Buffer.from(JSON.stringify({ messages })),
      }),
      load: async () => undefined,
      close: async () => undefined,
    };
  },
};

/** There is nothing to load, and no other workload has a meaning. */
function onlyGrowing(contestant: Contestant): Contestant {
  return {
    ...contestant,
    async open(place) {
      const { conversation, close } = await contestant.open(place);
      return { conversation, load: async () => undefined, close };
    },
  };
}
