import { afterAll, describe, it } from "vitest";
import { register } from "../../../src/index.ts";
import { casesOfBase } from "../../mutants/selection.ts";
import { keyValueHarness } from "./key-value-harness.ts";

// What the mutants of the tier `faults` are made of, and a store of everyday make, passes every case.
register(keyValueHarness("key-value store"), { describe, it, after: afterAll }, casesOfBase("HTTP"));
