// The entry point for decorators of any store, such as encryption or caching: "@threadstore/core/decorator".
export { checkLayers } from "./decorator/check-layers.ts";
export { changeBySaving } from "./decorator/change-by-saving.ts";
export { forwardChanges, forwardOperations } from "./decorator/forward-operations.ts";
export { layersOf } from "./runtime/layers-of.ts";
export { returnedThreads } from "./decorator/returned-threads.ts";
export { type ReservedName, reservedName } from "./decorator/reserved-name.ts";
export {
  type MetadataFormat,
  PLAIN_METADATA,
  type ReadLog,
  type ReplacedLog,
  type ReplacedThread,
  type SegmentFormat,
  type SegmentLocation,
  type Splice,
  type StoredHead,
  type StoredLog,
  type ThreadChange,
  type WholeThread,
  type WrittenSegments,
} from "./decorator/segments/segment-format.ts";
export type { SegmentedOptions } from "./decorator/segments/log-context.ts";
export { segmentedOperations } from "./decorator/segments/segmented-operations.ts";
export type { SegmentedState } from "./decorator/segments/segmented-thread.ts";
export { applySplices, spliceBetween } from "./decorator/segments/splice.ts";
export type {
  AppendArguments,
  DecoratedCall,
  DecoratedContent,
  DecoratedNamespace,
  DecoratedOperations,
  DecoratedThread,
  DeleteArguments,
  LoadArguments,
  ReturnedThread,
  ReturnedThreads,
  SaveArguments,
  ThreadArgument,
  ThreadStoreDecorator,
  TouchArguments,
  VersionArgument,
} from "./decorator/thread-store-decorator.ts";
export { wrapThreadStore } from "./decorator/wrap-thread-store.ts";
export { continuedCrc32 } from "./encoding/checksum.ts";
export { base85ToBytes, bytesToBase85 } from "./encoding/base85.ts";
export {
  DECORATED_METADATA,
  type DecoratedMetadataOption,
  decoratedMetadataOption,
  SEALED_METADATA,
} from "./validation/decorated-metadata.ts";
export {
  PRESERVED_DETAILS,
  type PreservedDetails,
  type PreservedThread,
  type PreservingOptions,
} from "./encoding/preserved-details.ts";
export { sealJson, unsealJson } from "./encoding/sealed-json.ts";
export { preservedDetailsOf } from "./encoding/snapshot.ts";
export { hasTextParts, TEXT_PARTS, type TextParts } from "./encoding/text-parts.ts";
export {
  decodePath,
  encodePath,
  isEncodedCursor,
  isEncodedPath,
  namesOf,
  nextPath,
  type Path,
  viewAt,
} from "./operations/namespace-walk.ts";
export { KNOWN_NAMESPACES, type KnownNamespaces } from "./listing/known-namespaces.ts";
export { clockOf, isWithin, namespaceOf, sourceDigest } from "./operations/store-location.ts";
export { mapConcurrently } from "./runtime/map-concurrently.ts";
export { corruptRecord } from "./validation/corrupt-record.ts";
export { invalidArgument } from "./validation/invalid-argument.ts";
export { checkBooleans, checkedJobOptions, checkFunctions, checkStore } from "./validation/job-options.ts";
export { checkOptionNames, type OptionMark, type OptionNames } from "./validation/option-names.ts";
export { type CopiedStores, storesToCopy } from "./operations/copied-store.ts";
export { listThreads } from "./operations/list.ts";
export { copyingOptions, differentCopy, isCopyOf } from "./operations/thread-copy.ts";
export { updateThread } from "./operations/update.ts";
export { METADATA_MAX_BYTES } from "./validation/metadata.ts";
export type { ThreadStoreErrorDetails } from "./errors.ts";
export type { CorruptThreadSummary, IntactThreadSummary } from "./thread-store.ts";
