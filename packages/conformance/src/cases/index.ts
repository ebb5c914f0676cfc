import type { ConformanceCase } from "../conformance-case.ts";
import { basics } from "./basics.ts";
import { conflicts } from "./conflicts.ts";
import { versions } from "./versions.ts";

/** Every case, by section. */
export const cases: readonly ConformanceCase[] = [...basics, ...versions, ...conflicts];
