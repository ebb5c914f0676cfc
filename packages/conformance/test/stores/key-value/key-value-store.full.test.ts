import { afterAll, describe, it } from "vitest";
import { register } from "../../../src/index.ts";
import { casesOfBase } from "../../mutants/selection.ts";
import { keyValueHarness } from "./key-value-harness.ts";

// The store on which the HTTP mutants are based passes every selected case.
register(keyValueHarness("key-value store"), { describe, it, after: afterAll }, casesOfBase("HTTP"));
