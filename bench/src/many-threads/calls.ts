import type { ThreadStore } from "@threadstore/core";
import { turnMessages } from "../messages.ts";
import { middleOf } from "./threads.ts";

/** A call whose cost should not depend on the number of threads. */
export interface MeasuredCall {
  readonly name: string;
  /** Prepares the call on a namespace of `threads` threads. */
  readonly prepare: (store: ThreadStore, threads: number) => Promise<() => Promise<unknown>>;
}

const PAGE = 20;
export const BY_METADATA = "20 by metadata";

export const CALLS: readonly MeasuredCall[] = [
  {
    name: "load and save",
    prepare: async (store, threads) => async () => {
      const { id } = middleOf(threads);
      const stored = await store.load(id);
      if (stored === undefined) throw new Error("The thread is missing.");
      await store.save(id, { messages: turnMessages(1) }, { previous: stored });
    },
  },
  {
    name: "the 20 newest",
    prepare: async (store) => async () =>
      expectCount(await store.listPage({ order: "updated", limit: PAGE }), PAGE),
  },
  {
    name: "page of 100 by id",
    prepare: async (store) => {
      const { cursor } = await store.listPage({ limit: 100 });
      return async () => expectCount(await store.listPage({ limit: 100, cursor }), 100);
    },
  },
  {
    name: BY_METADATA,
    prepare: async (store, threads) => async () => {
      let found = 0;
      const where = { owner: middleOf(threads).owner };
      // Without an index of metadata, pages can be empty.
      for await (const thread of store.list({ where, limit: PAGE })) {
        found += thread.corrupt ? 0 : 1;
        if (found === PAGE) return;
      }
      throw new Error(`Only ${found} threads match.`);
    },
  },
];

function expectCount({ threads }: { readonly threads: readonly unknown[] }, count: number): void {
  // A backend may still return expired threads to the store, so that the store has a shorter page.
  if (threads.length < count / 2) throw new Error(`The page has ${threads.length} threads.`);
}
