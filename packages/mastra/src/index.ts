export {
  MastraMemoryError,
  type MastraMemoryErrorCode,
  type MastraMemoryErrorDetails,
} from "./mastra-memory-error.ts";
export { ThreadStoreMemory, type ThreadStoreMemoryOptions } from "./thread-store-memory.ts";
