import type { ThreadStore } from "@threadstore/core";
import { invalidArgument } from "@threadstore/core/decorator";
import type { Stores } from "../options.ts";
import type { Clock } from "../placement/clock.ts";
import type { PlacementRecord } from "../placement/placement-record.ts";

/** What jobs know of a router. */
export interface RouterState {
  readonly stores: Stores;
  readonly placement: ThreadStore;
  readonly record: PlacementRecord;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly route: ((namespace: string) => string) | undefined;
}

const states = new WeakMap<object, RouterState>();

export function setRouterState(router: ThreadStore, state: RouterState): void {
  states.set(router, state);
}

/** Returns the state of a router that records its placements. Throws `INVALID_ARGUMENT` for any other argument. */
export function routerStateOf(router: unknown): RouterState {
  const state = typeof router === "object" && router !== null ? states.get(router) : undefined;
  if (state !== undefined) return state;
  throw invalidArgument(
    "The first argument must be a store that `routerStore` returned, with the option `placement`. Pass the router itself, not a view of it or a layer over it.",
  );
}
