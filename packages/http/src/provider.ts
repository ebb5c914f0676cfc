// The entry point for packages that answer further requests about threads: "@threadstore/http/provider".
export { type Body, readBody } from "./body.ts";
export {
  checkPrecondition,
  checkUnsupported,
  entityTag,
  hasPrecondition,
  hasVersion,
  isAnyVersion,
  preconditionFailed,
} from "./entity-tags.ts";
export { isResponse, isStore } from "./hook-results.ts";
export { encodedPath } from "./options.ts";
export { problemResponse, RequestProblem, sendProblem } from "./problem.ts";
export { threadNotFound } from "./read-operations.ts";
export { changedResponse, COMMON_HEADERS, toSummary } from "./summary.ts";
