// The entry point for agent packages, which read and write the documents that stores hold: "@threadstore/core/documents".
export { type CallQueue, callsInOrder } from "./documents/calls-in-order.ts";
export { copyJson, type CopyJsonOptions, MAX_JSON_DEPTH } from "./documents/copy-json.ts";
export {
  type CodedError,
  defineErrorClass,
  type DetailVisibility,
  type ErrorClass,
  type ErrorClassDefinition,
} from "./documents/define-error-class.ts";
export {
  type DocumentErrorCode,
  documentErrors,
  type DocumentErrors,
  type DocumentRemedies,
} from "./documents/document-errors.ts";
export {
  type Envelope,
  type EnvelopeOptions,
  type EnvelopeProblem,
  type EnvelopeProblemReason,
  readEnvelope,
  THREAD_FORMAT,
} from "./documents/envelope.ts";
export { canonicalJson, isJsonObject, type JsonObject } from "./documents/json.ts";
export { isPlainObject } from "./validation/plain-object.ts";
export { kindOf, memberPath, mismatchMessage, quoteName } from "./documents/json-path.ts";
export { deferred } from "./runtime/deferred.ts";
export {
  acquireLease,
  DEFAULT_LEASE,
  type Lease,
  type LeaseOptions,
  type LeaseSettings,
  readLeaseOptions,
} from "./documents/lease.ts";
export { createId } from "./platform/create-id.ts";
export { storedName, type StoredNameOptions } from "./documents/stored-name.ts";
export { repeatAfterConflict } from "./documents/repeat-after-conflict.ts";
export { unlessConflict } from "./documents/unless-conflict.ts";
export { textDigest } from "./platform/digest.ts";
export {
  findUnknownOption,
  type OptionMark,
  type OptionNames,
  type UnknownOption,
} from "./validation/option-names.ts";
export { isError } from "./validation/is-error.ts";
export { mapConcurrently } from "./runtime/map-concurrently.ts";
export { untilAborted } from "./runtime/until-aborted.ts";
export { waitAfterConflict } from "./runtime/retry.ts";
export { yieldToEventLoop } from "./runtime/yield-to-event-loop.ts";
export { hasTextParts, TEXT_PARTS, type TextParts } from "./encoding/text-parts.ts";
