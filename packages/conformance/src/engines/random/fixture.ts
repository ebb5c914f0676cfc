import type { ThreadStore } from "@threadstore/core";
import type { CaseContext } from "../../suite/conformance-case.ts";
import type { Clients } from "./command.ts";

function viewsOf(store: ThreadStore, name: string): [ThreadStore, ThreadStore] {
  const outer = store.namespace(name);
  return [outer, outer.namespace("inner")];
}

/** The stores that all runs of a case share. */
export interface Fixture {
  /** Returns the clients of the next run, which works in new namespaces. */
  readonly nextRun: () => Clients;
}

/** Opens a store for each client. Fixtures at the same location need different names, which prefix their namespaces. */
export async function openFixture(
  openStore: readonly (() => Promise<ThreadStore>)[],
  close: CaseContext["close"],
  name = "run",
): Promise<Fixture> {
  const count = openStore.length;
  const stores = await Promise.all(openStore.map((open) => open()));
  let runs = 0;

  function ofClient<T>(all: readonly T[], client: number): T {
    const item = all[client % count];
    if (item === undefined) throw new RangeError("A run needs at least one client.");
    return item;
  }

  return {
    nextRun() {
      runs += 1;
      const namespace = `${name}-${runs}`;
      const views = stores.map((store) => viewsOf(store, namespace));
      return {
        view: (client, inner) => ofClient(views, client)[inner],
        async reopen(client) {
          await close(ofClient(stores, client));
          const store = await ofClient(openStore, client)();
          stores[client % count] = store;
          views[client % count] = viewsOf(store, namespace);
        },
      };
    },
  };
}
