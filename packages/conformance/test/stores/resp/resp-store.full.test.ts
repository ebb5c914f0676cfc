import { afterAll, describe, it } from "vitest";
import { register } from "../../../src/index.ts";
import { casesOfBase } from "../../mutants/selection.ts";
import { respHarness } from "./resp-harness.ts";

// The store on which the Redis mutants are based passes every selected case, except for four known failures.
const knownFailures = ["L3-1", "L3-2", "L5-3", "L6-8"].map((id) => ({
  case: id,
  reason:
    "A listing scans all keys and fetches entire records, as is common on Redis. Two mutants depend on it.",
  until: "2099-12-31",
}));
register(
  { ...respHarness("store over RESP"), knownFailures },
  { describe, it, after: afterAll },
  casesOfBase("Redis"),
);
