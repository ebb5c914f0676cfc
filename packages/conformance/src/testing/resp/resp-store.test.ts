import { afterAll, describe, it } from "vitest";
import { register } from "../../index.ts";
import { respHarness } from "./resp-harness.ts";

// What mutants of a Redis store are made of passes every case that it is asked for.
register(respHarness("store over RESP"), { describe, it, after: afterAll });
