import type { Harness } from "../../src/suite/harness.ts";
import { plainHarness } from "../stores/plain/plain-harness.ts";

const good = plainHarness("a good store");

// For cli.test.ts: a store that keeps the contract, without the power `entries`.
export const harness: Harness = {
  name: good.name,
  open: (place, options) => good.open(place, options),
  destroy: (place) => good.destroy(place),
  rewrite: (place, id, change) => good.rewrite(place, id, change),
};
