import type { ThreadStore } from "@threadstore/core";
import type { StoreUrl } from "./store-url.ts";

/** The circumstances in which a store is opened. */
export interface OpenContext {
  /** The folder in which relative paths and packages are found. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a database, folder or table that does not exist is an error instead of being created. */
  readonly mustExist: boolean;
}

/** Opens the stores of a URL scheme. */
export interface StoreAdapter {
  /** Returns the name of the store for output, without secrets. */
  readonly label: (url: StoreUrl) => string;
  readonly open: (url: StoreUrl, context: OpenContext) => Promise<ThreadStore>;
}
