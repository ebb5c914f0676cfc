import type { ThreadStore } from "@threadstore/core";
import { forwardChanges, forwardOperations, wrapThreadStore } from "@threadstore/core/decorator";
import { type RouterState, setRouterState } from "./moves/router-state.ts";
import { type ResolvedOptions, type RouterOptions, resolveOptions } from "./options.ts";
import { type Clock, SYSTEM_CLOCK } from "./placement/clock.ts";
import { fixedPlacements } from "./placement/fixed-placements.ts";
import { PlacementRecord } from "./placement/placement-record.ts";
import type { Placements } from "./placement/placements.ts";
import { RecordedPlacements } from "./placement/recorded-placements.ts";
import type { Table } from "./placement/table.ts";
import { reopenUnit } from "./reopen.ts";
import { RoutedStore } from "./routed-store.ts";

/**
 * Creates a store over several stores. Each namespace, with all namespaces in it, is in one of them: the store to which
 * it is pinned or was moved, or else the store that `route` or a hash of its name determines. The result has the same
 * methods and guarantees as each store, and owns and closes all of them. Throws a `TypeError` for invalid options.
 */
export function routerStore(options: RouterOptions): ThreadStore {
  return routerWithClock(options, SYSTEM_CLOCK);
}

/** As {@link routerStore}, with a clock for the age of readings. */
export function routerWithClock(options: RouterOptions, clock: Clock): ThreadStore {
  const resolved = resolveOptions(options);
  const { stores, timeoutMs } = resolved;
  const state = routerState(resolved, clock);
  const placements = state === undefined ? fixedPlacements(resolved) : recordedPlacements(state);
  const close = (): Promise<void> => closeAll(resolved);
  const router = wrapThreadStore(new RoutedStore({ stores, placements, timeoutMs, close }), {
    name: "router",
    timeoutMs,
    operations: (namespace) => ({ ...forwardOperations(namespace), ...forwardChanges(namespace) }),
  });
  if (state !== undefined) setRouterState(router, state);
  return router;
}

function routerState(options: ResolvedOptions, clock: Clock): RouterState | undefined {
  const { stores, placement, timeoutMs, route } = options;
  if (placement === undefined) return undefined;
  const record = new PlacementRecord({ store: placement, clock, timeoutMs, initial: initialTable(options) });
  return { stores, placement, record, clock, timeoutMs, route };
}

function recordedPlacements(state: RouterState): Placements {
  const { record, clock, stores, route } = state;
  return new RecordedPlacements({
    record,
    clock,
    names: new Set(stores.keys()),
    route,
    reopen: async (unit, budget) => reopenUnit(state, unit, budget),
  });
}

function initialTable({ root, pins, weights, leaseMs }: ResolvedOptions): Table {
  const units = [...pins].map(([unit, store]) => [unit, { store, since: 0, isPinned: true }] as const);
  return { epoch: 0, leaseMs, root, weights, weightsSince: 0, units: new Map(units) };
}

/** Closes all stores, even if one of them cannot be closed. */
async function closeAll({ stores, placement }: ResolvedOptions): Promise<void> {
  const all = [...stores.values(), ...(placement === undefined ? [] : [placement])];
  const closed = await Promise.allSettled(all.map(async (store) => store.close()));
  const failure = closed.find(({ status }) => status === "rejected");
  if (failure?.status === "rejected") throw failure.reason;
}
