// The entry point for adapter authors: "@threadstore/core/driver".
export { asyncDriver, type AsyncThreadDriver } from "./async-driver.ts";
export { createThreadStore } from "./create-thread-store.ts";
export { DriverError, type DriverErrorEffect, type DriverErrorOptions } from "./driver-error.ts";
export { continuedCrc32 } from "./encoding/checksum.ts";
export { compareUtf8 } from "./listing/compare-utf8.ts";
export { idRange } from "./listing/id-range.ts";
export { metadataHashes } from "./encoding/metadata-hashes.ts";
export {
  ALL_BY_ID,
  entriesAfter,
  formatRecency,
  parseRecency,
  positionOf,
  type RecencyPosition,
} from "./listing/listing-order.ts";
export { listingRests, type ListingRests } from "./listing/listing-rests.ts";
export {
  isNamespaceWithin,
  type NamespaceRange,
  namespaceRange,
  namespacesOnPage,
} from "./listing/namespace-range.ts";
export {
  hasTailContext,
  keyInTail,
  readWholeTrailer,
  tailOf,
  USUAL_TRAILER_MAX_BYTES,
} from "./encoding/tail.ts";
export { TRAILER_START } from "./encoding/trailer.ts";
export type { BackendErrorCode } from "./errors.ts";
export {
  memoryDriver,
  type MemoryDriverOptions,
  type MemoryRecord,
  type MemoryRecords,
} from "./memory-store.ts";
export { patchedRecord, patchesByRewriting } from "./patches-by-rewriting.ts";
export { deferred } from "./runtime/deferred.ts";
export { errorWithout } from "./runtime/error-without.ts";
export { isError } from "./validation/is-error.ts";
export { hasSystemErrorCode, isSystemError, type SystemError } from "./validation/system-error.ts";
export { DRIVER_CONCURRENCY, mapConcurrently } from "./runtime/map-concurrently.ts";
export { andThen, isPromise, type MaybePromise } from "./runtime/maybe-promise.ts";
export { locatedError, withLocation } from "./runtime/error-location.ts";
export {
  type HttpFailure,
  httpFailureOf,
  type NetworkFailure,
  networkFailureOf,
  retryAfterMs,
} from "./runtime/network-failure.ts";
export {
  type DriverOptions,
  type ListedRecord,
  type NamespacesRequest,
  type PageRequest,
  type RecordDetails,
  type RecordPage,
  type RecordPatch,
  type RecordTail,
  type RecordToWrite,
  type StoredNamespaces,
  type StoredRecord,
  type ThreadDriver,
  type ThreadKey,
  TAIL_CONTEXT_BYTES,
  TRAILER_MAX_BYTES,
} from "./thread-driver.ts";
export { checkOptionNames, type OptionMark, type OptionNames } from "./validation/option-names.ts";
export { STORE_OPTION_NAMES, type StoreOptions } from "./validation/store-options.ts";
