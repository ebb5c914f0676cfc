import type { ChildProcessModule } from "@threadstore/conformance";
import { storeAt } from "./harness.test-helper.ts";

export const openStore: ChildProcessModule["openStore"] = (location, parameters) => {
  const { url } = parameters as { url: string };
  return storeAt(location, { url });
};
