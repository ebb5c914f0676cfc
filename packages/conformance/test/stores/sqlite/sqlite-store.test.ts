import { afterAll, describe, it } from "vitest";
import { register } from "../../../src/index.ts";
import { casesOfBase } from "../../mutants/selection.ts";
import { sqliteHarness } from "./sqlite-harness.ts";

// What mutants of a SQLite store are made of passes every case that it is asked for.
register(sqliteHarness("store in SQLite", "FULL"), { describe, it, after: afterAll }, casesOfBase("SQLite"));
