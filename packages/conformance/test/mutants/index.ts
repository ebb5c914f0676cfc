import { appendMutants } from "./append.ts";
import { basicMutants } from "./basics.ts";
import { blindSpotMutants } from "./blind-spots.ts";
import { chunkMutants } from "./chunks.ts";
import { concurrencyMutants } from "./concurrency.ts";
import { copyingMutants } from "./copying.ts";
import { costMutants } from "./costs.ts";
import { crashMutants } from "./crashes.ts";
import { erasureMutants, namespaceListingMutants } from "./erasure.ts";
import { existenceMutants } from "./existence.ts";
import { expiryMutants, metadataMutants } from "./expiry.ts";
import { abortMutants, damageMutants, errorMutants } from "./failures.ts";
import { connectionMutants, outageMutants } from "./faults.ts";
import { faultySequenceMutants } from "./faulty-sequences.ts";
import { fileNameMutants } from "./file-names.ts";
import { historyMutants } from "./history.ts";
import { idMutants } from "./ids.ts";
import { leftoverMutants } from "./leftovers.ts";
import { linearizabilityMutants } from "./linearizability.ts";
import { listingMutants } from "./listing.ts";
import { lostResponseMutants } from "./lost-responses.ts";
import type { Mutant } from "./mutant.ts";
import { lifecycleMutants, namespaceMutants } from "./namespaces.ts";
import { recencyMutants } from "./recency.ts";
import { refusalMutants } from "./refusals.ts";
import { resetMutants } from "./resets.ts";
import { respMutants } from "./resp.ts";
import { selfCheckMutants } from "./self-checks.ts";
import { sequenceMutants } from "./sequences.ts";
import { sqliteMutants } from "./sqlite.ts";
import { textInPartsMutants } from "./text-in-parts.ts";
import { updateMutants } from "./update.ts";
import { valueMutants } from "./values.ts";
import { versionMutants } from "./versions.ts";
import { whereMutants } from "./where.ts";

/** All mutants. When a real adapter has a bug that the suite missed, add a mutant with it first. */
export const mutants: readonly Mutant[] = [
  ...lifecycleMutants,
  ...idMutants,
  ...valueMutants,
  ...basicMutants,
  ...textInPartsMutants,
  ...chunkMutants,
  ...existenceMutants,
  ...versionMutants,
  ...listingMutants,
  ...recencyMutants,
  ...whereMutants,
  ...namespaceMutants,
  ...namespaceListingMutants,
  ...erasureMutants,
  ...expiryMutants,
  ...metadataMutants,
  ...copyingMutants,
  ...historyMutants,
  ...updateMutants,
  ...appendMutants,
  ...abortMutants,
  ...errorMutants,
  ...damageMutants,
  ...concurrencyMutants,
  ...lostResponseMutants,
  ...connectionMutants,
  ...outageMutants,
  ...linearizabilityMutants,
  ...refusalMutants,
  ...costMutants,
  ...leftoverMutants,
  ...resetMutants,
  ...sequenceMutants,
  ...faultySequenceMutants,
  ...crashMutants,
  ...fileNameMutants,
  ...sqliteMutants,
  ...respMutants,
  ...selfCheckMutants,
  ...blindSpotMutants,
];
