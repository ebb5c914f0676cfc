// Opens the stores of conformance.test.ts and conformance.full.test.ts in other processes.
import type { ChildProcessModule } from "@threadstore/conformance";
import { type Bases, openOver } from "./conformance.test-helper.ts";

export const openStore: ChildProcessModule["openStore"] = (location, parameters) =>
  openOver(parameters as unknown as Bases, location);
