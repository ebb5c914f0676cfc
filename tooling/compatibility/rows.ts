import { BUNDLER_ROWS } from "./bundlers.ts";
import { CONFORMANCE_ROWS } from "./conformance.ts";
import { FIRST_MINUTES_ROWS } from "./first-minutes.ts";
import type { Row } from "./row.ts";
import { RUNTIME_ROWS } from "./runtimes.ts";
import { TEST_RUNNER_ROWS } from "./test-runners.ts";
import { TYPES_ROWS } from "./types.ts";
import { VENDOR_ROWS } from "./vendors.ts";
import { WORKER_ROWS } from "./workers.ts";

/** Where the packages are tested, after an installation as users do it. `docs/compatibility.md` shows these rows. */
export const ROWS: readonly Row[] = [
  ...FIRST_MINUTES_ROWS,
  ...RUNTIME_ROWS,
  ...TYPES_ROWS,
  ...VENDOR_ROWS,
  ...TEST_RUNNER_ROWS,
  ...BUNDLER_ROWS,
  ...CONFORMANCE_ROWS,
  ...WORKER_ROWS,
];
