import { growth, growthInService } from "./growth.ts";
import { concurrent, endurance, listing } from "./many-threads.ts";
import { coldStart, pointLoad, pointSave, warmLoad } from "./whole-threads.ts";
import type { Workload } from "./workload.ts";

export const workloads: readonly Workload[] = [
  growth,
  growthInService,
  pointSave,
  pointLoad,
  warmLoad,
  coldStart,
  concurrent,
  listing,
  endurance,
];
