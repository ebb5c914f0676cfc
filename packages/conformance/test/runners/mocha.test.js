import { register } from "@threadstore/conformance";
import { harness } from "./harness.js";

register(harness, {
  describe,
  it: (title, { timeout, skip }, run) => (skip ? it.skip : it)(title, run).timeout(timeout),
  after,
});
