import { afterAll, describe, it } from "vitest";
import { register } from "../../../src/index.ts";
import { plainHarness } from "./plain-harness.ts";

describe("a store without a driver", () => {
  register(plainHarness(), { describe, it, after: afterAll });
});
