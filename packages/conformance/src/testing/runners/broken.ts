import { after, describe, it } from "node:test";
import { register } from "@threadstore/conformance";
import { withBug } from "../zoo/mutant.ts";

// For runners.test.ts: a store that has to make the runner fail.
const harness = withBug("a store that loads null", (inner) => ({
  load: async (...parameters) => (await inner.load(...parameters)) ?? (null as never),
}));

register(harness, { describe, it, after });
