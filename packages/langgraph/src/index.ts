export {
  LangGraphStoreError,
  type LangGraphStoreErrorCode,
  type LangGraphStoreErrorDetails,
} from "./errors.ts";
export { ItemStore } from "./item-store.ts";
export type { ItemStoreOptions, ThreadStoreSaverOptions } from "./options.ts";
export { type PruneOptions, ThreadStoreSaver } from "./saver.ts";
