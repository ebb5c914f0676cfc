import { afterAll, describe, it } from "vitest";
import { register } from "../../../src/index.ts";
import { casesOfBase } from "../../mutants/selection.ts";
import { respHarness } from "./resp-harness.ts";

// What mutants of a Redis store are made of passes every case that it is asked for.
const waivers = ["L3-1", "L3-2"].map((id) => ({
  case: id,
  reason:
    "It goes through all keys with SCAN and gets records whole, as people do: two mutants are made of that.",
  until: "2099-12-31",
}));
register(
  { ...respHarness("store over RESP"), waivers },
  { describe, it, after: afterAll },
  casesOfBase("Redis"),
);
