import { ThreadStoreError } from "@threadstore/core";
import { isError } from "@threadstore/core/driver";

/** The result of one check of a backend. */
export interface Diagnosis {
  readonly check: string;
  /** `unknown`: the backend does not say. */
  readonly result: "ok" | "warning" | "failed" | "unknown";
  readonly detail: string;
  /** What to do, unless the result is `ok`. */
  readonly remedy?: string;
}

/** The greatest difference of clocks that is not worth mentioning, in milliseconds. */
const CLOCK_TOLERANCE_MS = 2000;

/** Compares the clock of the backend with that of this machine, which was read before and after. */
export function diagnoseClock(backend: number, before: number, after: number): Diagnosis {
  const differenceMs = backend < before ? backend - before : backend > after ? backend - after : 0;
  const seconds = (Math.abs(differenceMs) / 1000).toFixed(1);
  const direction = differenceMs < 0 ? "behind" : "ahead of";
  if (Math.abs(differenceMs) <= CLOCK_TOLERANCE_MS) {
    return { check: "clock", result: "ok", detail: `within ${CLOCK_TOLERANCE_MS / 1000} s of this machine` };
  }
  return {
    check: "clock",
    result: "warning",
    detail: `${seconds} s ${direction} this machine`,
    remedy: "Synchronize the clocks with NTP: expiry and listings by recency use those of the writers.",
  };
}

/** Returns the diagnosis for a check that threw an error. */
export function diagnoseError(check: string, error: unknown): Diagnosis {
  if (ThreadStoreError.is(error)) {
    const cause = isError(error.cause) ? ` (${error.cause.message})` : "";
    return { check, result: "failed", detail: `${error.code}${cause}`, remedy: error.message };
  }
  const detail = isError(error) ? error.message : String(error);
  return { check, result: "failed", detail, remedy: "Read the message of the backend." };
}

/** Returns the diagnosis for a question that the backend did not answer, for example for lack of a permission. */
export function diagnoseSilence(check: string, error: unknown): Diagnosis {
  const detail = isError(error) ? error.message : String(error);
  return { check, result: "unknown", detail, remedy: "Ask the operator of the backend." };
}
