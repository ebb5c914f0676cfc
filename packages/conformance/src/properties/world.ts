import type { ThreadStore } from "@threadstore/core";
import { type Clock, stoppedClock } from "../clock.ts";
import type { CaseContext } from "../conformance-case.ts";
import { range } from "../parallel.ts";
import type { Clients } from "./command.ts";

function viewsOf(store: ThreadStore, name: string): [ThreadStore, ThreadStore] {
  const outer = store.namespace(name);
  return [outer, outer.namespace("inner")];
}

/** The stores that all runs of a case share; each run has namespaces of its own. */
export interface World {
  readonly clock: Clock;
  readonly nextRun: () => Clients;
}

export async function openWorld(
  { open, close }: Pick<CaseContext, "open" | "close">,
  count: number,
): Promise<World> {
  const clock = stoppedClock();
  const openOne = (): Promise<ThreadStore> => open({ now: clock.now });
  const stores = await Promise.all(range(count).map(openOne));
  let runs = 0;

  function storeOf(client: number): ThreadStore {
    const store = stores[client % count];
    if (store === undefined) throw new RangeError("A run takes clients.");
    return store;
  }

  return {
    clock,
    nextRun() {
      runs += 1;
      const name = `run-${runs}`;
      const views = stores.map((store) => viewsOf(store, name));
      return {
        view: (client, space) => views[client % count]?.[space] ?? storeOf(client),
        async reopen(client) {
          await close(storeOf(client));
          const store = await openOne();
          stores[client % count] = store;
          views[client % count] = viewsOf(store, name);
        },
      };
    },
  };
}
