export type { StoreConfig, StoreFactory } from "./stores/config-file.ts";
export { openStore, type OpenOptions, type OpenedStore } from "./stores/open-store.ts";
