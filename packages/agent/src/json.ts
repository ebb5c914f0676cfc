import type { JsonValue } from "@threadstore/core";
import { copyJson as copyJsonOf, type CopyJsonOptions } from "@threadstore/core/documents";
import { AgentError, type AgentErrorCode } from "./agent-error.ts";

/** Options of {@link copyJson}. */
export interface CopyOptions extends Pick<CopyJsonOptions, "loneSurrogates" | "path"> {
  /** The code of the error for a value that JSON cannot represent. */
  readonly code: AgentErrorCode;
}

/**
 * Returns a deep copy that is strict JSON. Throws an `AgentError` with the path of anything JSON cannot represent.
 */
export function copyJson(value: unknown, { code, ...options }: CopyOptions): JsonValue {
  return copyJsonOf(value, { ...options, error: (message, path) => new AgentError(code, message, { path }) });
}

/**
 * Freezes a JSON value and everything in it, so that it can be shared. Assumes that a frozen object is frozen deeply.
 */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
