import { cases } from "../cases/index.ts";
import type { ConformanceCase, Tier } from "./conformance-case.ts";

/** Some of the cases. */
export interface Selection {
  /** @default all */
  readonly tiers?: readonly Tier[];
  /** Ids of cases. @default all */
  readonly cases?: readonly string[];
}

/** The cases of these tiers that have these ids. Throws a `TypeError` for a case that does not exist. */
export function selectedCases({ tiers, cases: ids }: Selection): ConformanceCase[] {
  const unknown = ids?.filter((id) => !cases.some((each) => each.id === id)) ?? [];
  if (unknown.length > 0) throw new TypeError(`There is no case ${unknown.join(", ")}.`);
  return cases.filter(({ id, tier }) => (ids?.includes(id) ?? true) && (tiers?.includes(tier) ?? true));
}
