import { register } from "@threadstore/conformance";
import { afterAll, describe, it } from "vitest";
import { harness } from "./harness.js";

register(harness, { describe, it, after: afterAll });
