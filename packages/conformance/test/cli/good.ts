import type { Harness } from "../../src/suite/harness.ts";
import { plainHarness } from "../stores/plain/plain-harness.ts";

const good = plainHarness("a good store");

// A harness for cli.test.ts whose store satisfies the contract. It lacks the capability `entries`.
export const harness: Harness = {
  name: good.name,
  open: (location, options) => good.open(location, options),
  destroy: (location) => good.destroy(location),
  rewrite: (location, id, change) => good.rewrite(location, id, change),
};
