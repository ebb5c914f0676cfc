import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import type { Clients } from "./command.ts";

function viewsOf(store: ThreadStore, name: string): [ThreadStore, ThreadStore] {
  const outer = store.namespace(name);
  return [outer, outer.namespace("inner")];
}

/** The stores that all runs of a case share; each run has namespaces of its own. */
export interface World {
  readonly nextRun: () => Clients;
}

/** Opens a store for each client. The namespaces of two worlds in one place differ by `name`. */
export async function openWorld(
  openings: readonly (() => Promise<ThreadStore>)[],
  close: CaseContext["close"],
  name = "run",
): Promise<World> {
  const count = openings.length;
  const stores = await Promise.all(openings.map((open) => open()));
  let runs = 0;

  function of<T>(all: readonly T[], client: number): T {
    const found = all[client % count];
    if (found === undefined) throw new RangeError("A run takes clients.");
    return found;
  }

  return {
    nextRun() {
      runs += 1;
      const space = `${name}-${runs}`;
      const views = stores.map((store) => viewsOf(store, space));
      return {
        view: (client, inner) => of(views, client)[inner],
        async reopen(client) {
          await close(of(stores, client));
          const store = await of(openings, client)();
          stores[client % count] = store;
          views[client % count] = viewsOf(store, space);
        },
      };
    },
  };
}
