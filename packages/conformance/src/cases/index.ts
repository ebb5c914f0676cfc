import { type ConformanceCase, tiers } from "../suite/conformance-case.ts";
import { appendAndTouch } from "./append-and-touch.ts";
import { copying } from "./copying.ts";
import { crashes } from "./crashes.ts";
import { erasure } from "./erasure.ts";
import { existence } from "./existence.ts";
import { failures } from "./failures.ts";
import { history } from "./history.ts";
import { listing } from "./listing.ts";
import { metadata } from "./metadata.ts";
import { names } from "./names.ts";
import { recency } from "./recency.ts";
import { time } from "./time.ts";
import { values } from "./values.ts";
import { versionsAndRaces } from "./versions-and-races.ts";
import { filters } from "./where.ts";

const sections: readonly ConformanceCase[] = [
  ...values,
  ...existence,
  ...versionsAndRaces,
  ...appendAndTouch,
  ...crashes,
  ...names,
  ...listing,
  ...recency,
  ...filters,
  ...erasure,
  ...time,
  ...metadata,
  ...copying,
  ...history,
  ...failures,
];

/** Every case, by tier: the quick ones run first. */
export const cases: readonly ConformanceCase[] = tiers.flatMap((tier) =>
  sections.filter((each) => each.tier === tier),
);
