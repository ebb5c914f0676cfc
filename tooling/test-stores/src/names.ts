import type { StoreLocation } from "./store-location.ts";

/** The name of a store is the name of its package, except for the one in memory. */
export type StoreName = StoreLocation["kind"];

/** The stores in the process or on its disk. */
export const EMBEDDED: readonly StoreName[] = ["memory", "sqlite", "file-system"];
/** The stores on servers. */
export const NETWORKED: readonly StoreName[] = ["redis", "postgres", "azure-blob", "s3"];
export const STORE_NAMES: readonly StoreName[] = [...EMBEDDED, ...NETWORKED];

/** Whether this is `npm test`, and not `npm run test:full`. */
export const IS_QUICK: boolean = process.env["THREADSTORE_CONFORMANCE_EFFORT"] === "quick";
