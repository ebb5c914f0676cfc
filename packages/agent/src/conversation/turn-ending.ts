import { ThreadStoreError } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import type { TurnEnding } from "../thread/turn-record.ts";

/** Why a turn does not continue by itself, as its record says. */
export interface EndingRecord {
  readonly state: TurnEnding;
  readonly error?: string;
}

/** Statuses of a rejection that is not about the turn: credentials, the name of the model, the quota. */
const UNRELATED_STATUSES: readonly unknown[] = [401, 403, 404, 429];

/**
 * Returns how the error of a run ends its turn; `undefined` if the turn can be resumed, because the next attempt may
 * succeed. `signal` is the caller's.
 */
export function endingOf(error: unknown, signal: AbortSignal): EndingRecord | undefined {
  if (signal.aborted) return { state: "stopped" };
  return AgentError.is(error) && isPermanent(error) ? { state: "failed", error: error.code } : undefined;
}

function isPermanent({ code, status, cause }: AgentError): boolean {
  if (code === "MODEL_REFUSED") return !UNRELATED_STATUSES.includes(status);
  // The tool would run again, and its result would again be too large.
  if (code === "SAVE_FAILED") return ThreadStoreError.is(cause, "TOO_LARGE");
  return code === "TOOL_MISSING" || code === "TOO_MANY_TOOL_ROUNDS";
}
