import { cases } from "../cases/index.ts";
import type { ConformanceCase, Tier } from "./conformance-case.ts";

/** Which cases to run. */
export interface Selection {
  /** @default all */
  readonly tiers?: readonly Tier[];
  /** Ids of cases. @default all */
  readonly cases?: readonly string[];
}

/** Returns the cases that are in one of the tiers and have one of the ids. Throws `TypeError` for unknown ids. */
export function selectedCases({ tiers, cases: ids }: Selection): ConformanceCase[] {
  const unknown = ids?.filter((id) => !cases.some((each) => each.id === id)) ?? [];
  if (unknown.length > 0) throw new TypeError(`Unknown case ${unknown.join(", ")}.`);
  return cases.filter(({ id, tier }) => (ids?.includes(id) ?? true) && (tiers?.includes(tier) ?? true));
}
