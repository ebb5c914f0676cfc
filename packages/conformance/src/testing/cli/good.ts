import type { Harness } from "../../harness.ts";
import { plainHarness } from "../plain-harness.ts";

const good = plainHarness("a good store");

// For cli.test.ts: a store that keeps the contract, without the power `entries`.
export const harness: Harness = {
  name: good.name,
  open: (place, options) => good.open(place, options),
  destroy: (place) => good.destroy(place),
  rewrite: (place, id, change) => good.rewrite(place, id, change),
};
