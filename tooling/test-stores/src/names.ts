import type { StoreLocation } from "./store-location.ts";

/** The name of a store is the name of its package, except for the one in memory. */
export type StoreName = StoreLocation["kind"];

/** The stores in the process or on its disk. */
export const EMBEDDED: readonly StoreName[] = ["memory", "sqlite", "file-system"];
/** The stores on servers. */
export const NETWORKED: readonly StoreName[] = ["redis", "postgres", "azure-blob", "s3"];
export const STORE_NAMES: readonly StoreName[] = [...EMBEDDED, ...NETWORKED];

/** The members of the suite's harness that depend on the service. */
interface ServiceLimits {
  readonly recencyPrecisionMs?: number;
  readonly timeoutFactor?: number;
}

/** Azure and S3 keep times to the second, and take longer than a store without HTTP. */
const HTTP_LIMITS: ServiceLimits = { recencyPrecisionMs: 1000, timeoutFactor: 4 };

/** What the suite's harness of each store must say of the service. */
export const SERVICE_LIMITS: { readonly [Name in StoreName]: ServiceLimits } = {
  memory: {},
  sqlite: {},
  "file-system": {},
  redis: {},
  postgres: {},
  "azure-blob": HTTP_LIMITS,
  s3: HTTP_LIMITS,
};

/** Whether this is `npm test`, and not `npm run test:full`. */
export const IS_QUICK: boolean = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";
