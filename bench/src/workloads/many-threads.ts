import { withAgent } from "../clients/agent-thread.ts";
import { turnMessages } from "../messages.ts";
import type { Workload } from "./workload.ts";

export const concurrent: Workload = {
  name: "concurrent",
  description: "64 conversations at once, each saved after every turn.",
  cases: (scale) => {
    const [conversations, turns] = scale === "quick" ? [8, 3] : [64, 20];
    return [
      {
        name: `${conversations} conversations`,
        size: conversations,
        suits: () => true,
        async run({ client, watch }) {
          const growing = Array.from({ length: conversations }, (_, index) => withAgent(client, `c${index}`));
          for (let turn = 0; turn < turns; turn += 1) {
            for (const conversation of growing) await conversation.add(turnMessages(turn));
            await watch.together(growing.map((conversation) => () => conversation.save()));
          }
        },
      },
    ];
  },
};

export const listing: Workload = {
  name: "listing",
  description: "Lists all threads of a store in pages of 100.",
  cases: (scale) => {
    const threads = scale === "quick" ? 50 : 10_000;
    return [
      {
        name: `${threads} threads`,
        size: threads,
        rounds: 1,
        suits: ({ listPage }) => listPage !== undefined,
        async prepare(client) {
          for (let from = 0; from < threads; from += 100) {
            const ids = Array.from(
              { length: Math.min(100, threads - from) },
              (_, index) => `t${from + index}`,
            );
            await Promise.all(ids.map(async (id) => client.replace?.(id, { messages: turnMessages(1) })));
          }
        },
        async run({ client, watch }) {
          let cursor: string | undefined;
          let count = 0;
          do {
            const page = await watch.step(async () => client.listPage?.(100, cursor));
            count += page?.count ?? 0;
            cursor = page?.cursor;
          } while (cursor !== undefined);
          if (count < threads) throw new Error(`The listing returned ${count} of ${threads} threads.`);
        },
      },
    ];
  },
};

export const endurance: Workload = {
  name: "endurance",
  description: "Saves one small thread many times, to find leaks.",
  withoutPeers: true,
  cases: (scale) => {
    const saves = scale === "quick" ? 40 : 100_000;
    return [
      {
        name: `${saves} saves`,
        size: saves,
        rounds: 1,
        suits: ({ replace }, { role }) => replace !== undefined && role === "ours",
        async run({ client, watch }) {
          const threads = [turnMessages(1), turnMessages(2)];
          for (let save = 0; save < saves; save += 1) {
            const messages = threads[save % 2] ?? [];
            await watch.step(async () => client.replace?.("enduring", { messages }));
          }
        },
      },
    ];
  },
};
