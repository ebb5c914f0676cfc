// Opens the stores of conformance.test.ts in other processes.
import type { ChildProcessModule } from "@threadstore/conformance";
import { sqliteAt } from "@threadstore/test-stores/locations";
import { openOver, type Settings } from "./conformance.test-helper.ts";

export const openStore: ChildProcessModule["openStore"] = (location, parameters) => {
  const { folder, settings } = parameters as { folder: string; settings: Settings };
  return openOver(sqliteAt(folder, location), {}, settings);
};
