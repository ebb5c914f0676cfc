import { after, describe, it } from "node:test";
import { register } from "@threadstore/conformance";
import { harness } from "./harness.js";

register(harness, { describe, it, after });
