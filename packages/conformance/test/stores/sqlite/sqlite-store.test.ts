import { afterAll, describe, it } from "vitest";
import { register } from "../../../src/index.ts";
import { casesOfBase } from "../../mutants/selection.ts";
import { sqliteHarness } from "./sqlite-harness.ts";

// The store on which the SQLite mutants are based passes every selected case.
register(sqliteHarness("store in SQLite", "FULL"), { describe, it, after: afterAll }, casesOfBase("SQLite"));
