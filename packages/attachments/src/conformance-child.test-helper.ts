// Opens the stores of conformance.test.ts in other processes.
import type { ChildProcessModule } from "@threadstore/conformance";
import { openInChild } from "@threadstore/test-stores/layer-harness";
import { openOver } from "./conformance.test-helper.ts";

export const openStore: ChildProcessModule["openStore"] = openInChild(openOver);
