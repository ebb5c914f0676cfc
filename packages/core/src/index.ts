export * from "./thread-store.ts";
export * from "./thread-driver.ts";
export * from "./errors.ts";
