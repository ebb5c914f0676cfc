export { EMBEDDED, IS_QUICK, NETWORKED, SERVICE_LIMITS, STORE_NAMES } from "./names.ts";
export type { StoreName } from "./names.ts";
export { locationWithin, openStore } from "./store-location.ts";
export type { StoreLocation } from "./store-location.ts";
