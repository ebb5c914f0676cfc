import type { ConformanceCase } from "../suite/conformance-case.ts";
import { abort } from "./abort.ts";
import { backendCrashes } from "./backend-crashes.ts";
import { basics } from "./basics.ts";
import { busyBackends } from "./busy-backends.ts";
import { conflicts } from "./conflicts.ts";
import { connections } from "./connections.ts";
import { costs } from "./costs.ts";
import { crashes } from "./crashes.ts";
import { cursors } from "./cursors.ts";
import { damage } from "./damage.ts";
import { diskCrashes } from "./disk-crashes.ts";
import { errors } from "./errors.ts";
import { expiryRules } from "./expiry-rules.ts";
import { expiry } from "./expiry.ts";
import { hygiene } from "./hygiene.ts";
import { idLimits } from "./id-limits.ts";
import { ids } from "./ids.ts";
import { lifecycle } from "./lifecycle.ts";
import { linearizability } from "./linearizability.ts";
import { listing } from "./listing.ts";
import { lostAnswers } from "./lost-answers.ts";
import { metadata } from "./metadata.ts";
import { missing } from "./missing.ts";
import { namespaceNames } from "./namespace-names.ts";
import { namespaces } from "./namespaces.ts";
import { outages } from "./outages.ts";
import { overtakenChanges } from "./overtaken-changes.ts";
import { ownership } from "./ownership.ts";
import { paging } from "./paging.ts";
import { processes } from "./processes.ts";
import { properties } from "./properties.ts";
import { races } from "./races.ts";
import { refusals } from "./refusals.ts";
import { selfChecks } from "./self-checks.ts";
import { silence } from "./silence.ts";
import { textInParts } from "./text-in-parts.ts";
import { update } from "./update.ts";
import { valueLimits } from "./value-limits.ts";
import { values } from "./values.ts";
import { versionRules } from "./version-rules.ts";
import { versions } from "./versions.ts";
import { visibility } from "./visibility.ts";

/** Every case, by section. */
export const cases: readonly ConformanceCase[] = [
  ...lifecycle,
  ...basics,
  ...ids,
  ...idLimits,
  ...values,
  ...valueLimits,
  ...textInParts,
  ...ownership,
  ...versions,
  ...conflicts,
  ...versionRules,
  ...listing,
  ...paging,
  ...cursors,
  ...namespaces,
  ...namespaceNames,
  ...expiry,
  ...expiryRules,
  ...metadata,
  ...update,
  ...abort,
  ...errors,
  ...missing,
  ...damage,
  ...properties,
  ...races,
  ...visibility,
  ...processes,
  ...linearizability,
  ...lostAnswers,
  ...overtakenChanges,
  ...connections,
  ...silence,
  ...outages,
  ...refusals,
  ...busyBackends,
  ...costs,
  ...crashes,
  ...diskCrashes,
  ...backendCrashes,
  ...hygiene,
  ...selfChecks,
];
