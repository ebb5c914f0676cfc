// Vitest runs this before each test file. `npm test` sets a seed, so that random tests try the same in every run: what
// they find in `npm run test:full` is new.
import fc from "fast-check";

const seed = process.env["THREADSTORE_CONFORMANCE_SEED"];
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });
