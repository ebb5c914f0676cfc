import { cases } from "../cases/index.ts";
import type { ConformanceCase, Tier } from "./conformance-case.ts";

/** Which cases to run. */
export interface Selection {
  /** @default all */
  readonly tiers?: readonly Tier[];
  /** Sections of the contract, by their headings, such as `Versions and races`. @default all */
  readonly sections?: readonly string[];
  /** Ids of cases. @default all */
  readonly cases?: readonly string[];
}

/**
 * Returns the cases that are in one of the tiers and one of the sections, and have one of the ids. Throws `TypeError`
 * for unknown ids and sections.
 */
export function selectedCases({ tiers, sections, cases: ids }: Selection): ConformanceCase[] {
  const unknown = ids?.filter((id) => !cases.some((each) => each.id === id)) ?? [];
  if (unknown.length > 0) throw new TypeError(`Unknown case ${unknown.join(", ")}.`);
  const missing = sections?.filter((name) => !cases.some(({ section }) => section === name)) ?? [];
  if (missing.length > 0) throw new TypeError(`Unknown section ${missing.join(", ")}.`);
  return cases.filter(
    ({ id, section, tier }) =>
      (ids?.includes(id) ?? true) && (sections?.includes(section) ?? true) && (tiers?.includes(tier) ?? true),
  );
}
