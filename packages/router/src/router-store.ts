import type { ThreadStore } from "@threadstore/core";
import { forwardChanges, forwardOperations, wrapThreadStore } from "@threadstore/core/decorator";
import { type ResolvedOptions, type RouterOptions, resolveOptions } from "./options.ts";
import { fixedPlacements } from "./placement/fixed-placements.ts";
import { RoutedStore } from "./routed-store.ts";

/**
 * Creates a store over several stores. Each namespace, with all namespaces in it, is in one of them: the one to which it is
 * pinned, or else the one that `route` or a hash of its name determines. The result has the same methods and guarantees as
 * each store, and owns and closes all of them. Throws a `TypeError` for invalid options.
 */
export function routerStore(options: RouterOptions): ThreadStore {
  const resolved = resolveOptions(options);
  const { stores, timeoutMs } = resolved;
  const close = (): Promise<void> => closeAll(resolved);
  const routed = new RoutedStore({ stores, placements: fixedPlacements(resolved), timeoutMs, close });
  return wrapThreadStore(routed, {
    name: "router",
    timeoutMs,
    operations: (namespace) => ({ ...forwardOperations(namespace), ...forwardChanges(namespace) }),
  });
}

/** Closes all stores, even if one of them cannot be closed. */
async function closeAll({ stores }: Pick<ResolvedOptions, "stores">): Promise<void> {
  const closed = await Promise.allSettled([...stores.values()].map(async (store) => store.close()));
  const failure = closed.find(({ status }) => status === "rejected");
  if (failure?.status === "rejected") throw failure.reason;
}
