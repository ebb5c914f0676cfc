export { strandsStorage, type StrandsStorageOptions } from "./strands-storage.ts";
export {
  StrandsStorageError,
  type StrandsStorageErrorCode,
  type StrandsStorageErrorDetails,
} from "./strands-storage-error.ts";
