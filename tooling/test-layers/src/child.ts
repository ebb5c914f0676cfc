// Opens the stores of conformance.test.ts in other processes.
import type { ChildProcessModule } from "@threadstore/conformance";
import { type ChildParameters, openStack } from "./harness.ts";

export const openStore: ChildProcessModule["openStore"] = (name, parameters) =>
  openStack(parameters as unknown as ChildParameters, name);
