import { ThreadStoreError } from "@threadstore/core";
import { rendezvous } from "../hashing.ts";
import type { ResolvedOptions } from "../options.ts";
import type { Placements, Unit } from "./placements.ts";

type Routing = Pick<ResolvedOptions, "stores" | "pins" | "route" | "weights" | "root">;

/** Returns the placements that follow from the options alone, so that nothing has to be read. */
export function fixedPlacements(routing: Routing): Placements {
  return {
    partMs: Number.POSITIVE_INFINITY,
    run: async (unit, call, budget) => call.start(fixedOwner(routing, unit), budget.options()),
    owners: async () => ({
      epoch: 0,
      ownerOf: (unit) => fixedOwner(routing, unit),
      movedAfter: () => [],
    }),
  };
}

/** Returns the name of the store that a unit has according to the options. */
export function fixedOwner({ stores, pins, route, weights, root }: Routing, unit: Unit): string {
  if (unit === "") return root;
  const name = pins.get(unit) ?? (route === undefined ? rendezvous(weights, unit) : route(unit));
  if (stores.has(name)) return name;
  throw new ThreadStoreError(
    "MISCONFIGURED",
    `\`route\` must return the name of a store. Return one of ${[...stores.keys()].join(", ")}.`,
  );
}
