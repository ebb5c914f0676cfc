// The entry point for decorators of any store, such as encryption or caching: "@threadstore/core/decorator".
export { changeBySaving } from "./decorator/change-by-saving.ts";
export { forwardChanges, forwardOperations } from "./decorator/forward-operations.ts";
export { returnedThreads } from "./decorator/returned-threads.ts";
export { type ReservedName, reservedName } from "./decorator/reserved-name.ts";
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
export {
  PRESERVED_DETAILS,
  type PreservedDetails,
  type PreservedThread,
  type PreservingOptions,
} from "./encoding/preserved-details.ts";
export { hasTextParts, TEXT_PARTS, type TextParts } from "./encoding/text-parts.ts";
export { mapConcurrently } from "./runtime/map-concurrently.ts";
export { checkOptionNames, type OptionNames } from "./validation/option-names.ts";
export { updateThread } from "./operations/update.ts";
export { METADATA_MAX_BYTES } from "./validation/metadata.ts";
export type { ThreadStoreErrorDetails } from "./errors.ts";
export type { CorruptThreadSummary, IntactThreadSummary } from "./thread-store.ts";
