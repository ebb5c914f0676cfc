// Opens the stores of conformance.test.ts in other processes.
import type { ChildProcessModule } from "@threadstore/conformance";
import { sqliteAt } from "@threadstore/test-stores/locations";
import { openOver, type Settings } from "./conformance.test-helper.ts";

export const openStore: ChildProcessModule["openStore"] = (location, parameters) => {
  const { folder, keep } = parameters as { folder: string; keep: Settings };
  return openOver(sqliteAt(folder, location), {}, keep);
};
